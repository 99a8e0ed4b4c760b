/** The kinds of trust stores; apart from the stores, so that the flag of the commands loads nothing else. */
export const storeKinds = ['system', 'browsers', 'java'] as const;
export type StoreKind = (typeof storeKinds)[number];
