/** How a seed is refused, and its lists are read: always with the place of what is wrong. */
import { EnrollkitError } from '../../errors.js';
import { DpsError } from '../dps/dps-error.js';
import { HubError } from '../hub/hub-error.js';

/** Where something stands in a seed. */
export type Place = readonly (string | number)[];

/** @returns EnrollkitError INVALID_SEED, whose context has the place as `path` */
export function invalidSeed(path: Place, problem: string): EnrollkitError {
  const place = path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index ? `.${part}` : part))
    .join('');
  return new EnrollkitError('INVALID_SEED', `${place}: ${problem.replace(/\.$/, '')}.`, {
    context: { path, problem },
  });
}

/** @throws EnrollkitError INVALID_SEED */
export function assertNew(seen: Set<string>, name: string, place: Place): void {
  if (seen.has(name.toLowerCase()))
    throw invalidSeed(place, 'it stands there twice, since case does not count');
  seen.add(name.toLowerCase());
}

/**
 * Reads a list of things that clients send too.
 *
 * @param place of the list
 * @param field that has the ID, which stands there once
 * @param read gives what stores the item
 * @throws EnrollkitError INVALID_SEED
 */
export function readAll<Field extends string, Item extends Record<Field, string>>(
  items: readonly Item[],
  place: Place,
  field: Field,
  read: (id: string, body: Item) => () => unknown,
): (() => unknown)[] {
  const ids = new Set<string>();
  return items.map((item, index) => {
    assertNew(ids, item[field], [...place, index, field]);
    try {
      return read(item[field], item);
    } catch (error) {
      if (!(error instanceof DpsError || error instanceof HubError)) throw error;
      throw invalidSeed([...place, index], error.message);
    }
  });
}
