/** Errors in a seed, and reading its lists: every error has the place in the document. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { DpsError } from '../dps/dps-error.js';
import { HubError } from '../hub/hub-error.js';

/** A path in a seed. */
export type Place = readonly (string | number)[];

/** @returns EnrollkitError INVALID_SEED, with the place as `path` in its context */
export function invalidSeed(path: Place, problem: string): EnrollkitError {
  const place = path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index ? `.${part}` : part))
    .join('');
  return new EnrollkitError(
    'INVALID_SEED',
    sentences.emulator.problemAt(place, problem.replace(/[.。]$/, '')),
    {
      context: { path, problem },
    },
  );
}

/** @throws EnrollkitError INVALID_SEED when the name was seen before, in any case */
export function assertUnique(seen: Set<string>, name: string, place: Place): void {
  if (seen.has(name.toLowerCase())) throw invalidSeed(place, sentences.emulator.listedTwice);
  seen.add(name.toLowerCase());
}

/**
 * Reads a list of objects that clients could send as well.
 *
 * @param place of the list
 * @param field that contains the ID, which must be unique
 * @param read checks an item, and returns a function that stores it
 * @returns the functions that store the items
 * @throws EnrollkitError INVALID_SEED
 */
export function readItems<Field extends string, Item extends Record<Field, string>>(
  items: readonly Item[],
  place: Place,
  field: Field,
  read: (id: string, body: Item) => () => unknown,
): (() => unknown)[] {
  const ids = new Set<string>();
  return items.map((item, index) => {
    assertUnique(ids, item[field], [...place, index, field]);
    try {
      return read(item[field], item);
    } catch (error) {
      if (!(error instanceof DpsError || error instanceof HubError)) throw error;
      throw invalidSeed([...place, index], error.message);
    }
  });
}
