/**
 * Which devices a condition can select at most, as far as that is known without reading twins. Every candidate is checked
 * against the whole condition afterwards, so candidates may be too many, but never too few.
 */

/** A text, a safe integer or a Boolean: what SQLite compares as JavaScript does. */
export type ComparableValue = string | number | boolean;

export type Candidates =
  | { deviceIds: readonly string[] }
  /** Devices whose tags or properties have one of the values at a path, in SQLite's notation. */
  | { section: TwinColumn; path: string; values: readonly ComparableValue[] };

export type TwinColumn = 'tags' | 'desired' | 'reported';

const sections: readonly (readonly [column: TwinColumn, names: readonly string[]])[] = [
  ['tags', ['tags']],
  ['desired', ['properties', 'desired']],
  ['reported', ['properties', 'reported']],
];

/**
 * The candidates of `NAMES = VALUE` and `NAMES IN [VALUES]`.
 *
 * @returns undefined if any device may be one
 */
export function candidatesWith(
  names: readonly string[] | undefined,
  values: readonly unknown[],
): Candidates | undefined {
  if (names === undefined || !values.every(isComparable)) return undefined;
  if (names.join('.') === 'deviceId')
    return { deviceIds: values.filter((value) => typeof value === 'string') };
  const section = sections.find(([, start]) => start.every((name, index) => names[index] === name));
  const inside = names.slice(section?.[1].length);
  // Names that begin with $ are not stored with the properties.
  if (section === undefined || inside.length === 0 || !inside.every((name) => /^[\w-]+$/.test(name)))
    return undefined;
  return { section: section[0], path: `$${inside.map((name) => `."${name}"`).join('')}`, values };
}

/** The candidates of conditions that are all true: those of one of them, device IDs before others. */
export function candidatesOfAll(terms: readonly (Candidates | undefined)[]): Candidates | undefined {
  const known = terms.filter((term) => term !== undefined);
  return known.find((term) => 'deviceIds' in term) ?? known[0];
}

/** The candidates of conditions of which one is true. */
export function candidatesOfAny(terms: readonly (Candidates | undefined)[]): Candidates | undefined {
  const byId = terms.filter((term) => term !== undefined && 'deviceIds' in term);
  if (byId.length === terms.length) return { deviceIds: byId.flatMap(({ deviceIds }) => deviceIds) };
  const byValue = terms.filter((term) => term !== undefined && 'section' in term);
  const [first] = byValue;
  const isSame = ({ section, path }: NonNullable<typeof first>) =>
    section === first?.section && path === first.path;
  if (first === undefined || byValue.length < terms.length || !byValue.every(isSame)) return undefined;
  return { ...first, values: byValue.flatMap(({ values }) => values) };
}

function isComparable(value: unknown): value is ComparableValue {
  if (typeof value === 'string') return !/[\0\p{Surrogate}]/u.test(value);
  return typeof value === 'boolean' || Number.isSafeInteger(value);
}
