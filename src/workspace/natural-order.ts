/** Compares names as people count: `device-2` comes before `device-10`. */
export const { compare: naturalOrder } = new Intl.Collator('en', { numeric: true });
