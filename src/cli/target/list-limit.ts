/** Lists that a service sends in pages: how many items a command shows at most. */
import { sentences } from '../../languages/language.js';
import { numberFlag } from '../kernel/flags.js';

export const limitFlag = {
  limit: numberFlag({
    placeholder: 'N',
    minimum: 1,
    maximum: 1_000_000,
    summary: sentences.cliGroup.devices.limit,
  }),
};

/**
 * The first items of a list; one more than the limit is asked for, which tells whether there are more.
 *
 * @param limit all items without it
 */
export async function firstItems<Item>(
  items: AsyncIterable<Item>,
  limit = Number.POSITIVE_INFINITY,
): Promise<{ first: Item[]; isComplete: boolean }> {
  const first: Item[] = [];
  for await (const item of items) {
    if (first.length === limit) return { first, isComplete: false };
    first.push(item);
  }
  return { first, isComplete: true };
}
