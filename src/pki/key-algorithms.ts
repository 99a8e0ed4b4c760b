/** The algorithms of new keys, apart from what generates them: the help lists them, and loads nothing slow. */
export const keyAlgorithms = ['ec-p256', 'ec-p384', 'rsa-2048', 'rsa-3072', 'rsa-4096'] as const;
export type KeyAlgorithm = (typeof keyAlgorithms)[number];
