/** The latest version of TLS that an emulator speaks; the earliest is 1.2. */
export const tlsMaxima = ['1.2', '1.3'] as const;
export type TlsMax = (typeof tlsMaxima)[number];
