/** The fields of an attach frame that rhea passes on undecoded. */

interface Typed {
  value?: unknown;
  descriptor?: { value?: unknown };
}

/** The index of the filters in a source: OASIS, AMQP 1.0 part 3 section 3.5.3. */
const filterField = 7;

/** The filters of a link's source, by name; a described value without its descriptor. */
export function filtersOf(performative: Record<string, unknown>): Map<string, unknown> {
  const fields = (performative.source as Typed | null | undefined)?.value;
  const entries = Array.isArray(fields) ? (fields[filterField] as Typed | undefined)?.value : undefined;
  const filters = new Map<string, unknown>();
  if (!Array.isArray(entries)) return filters;
  for (let index = 0; index + 1 < entries.length; index += 2) {
    filters.set(String((entries[index] as Typed).value), (entries[index + 1] as Typed).value);
  }
  return filters;
}

/** OASIS, AMQP 1.0 part 3 sections 3.5.3 and 3.5.4, by number and by symbol. */
const types = {
  source: new Set<unknown>([0x28, 'amqp:source:list']),
  target: new Set<unknown>([0x29, 'amqp:target:list']),
};

/**
 * The address of a link's source or target; empty when it has none. Any other kind of terminus, such as the coordinator of
 * transactions, is removed from the frame, since rhea would write about it to the console.
 */
export function addressOf(performative: Record<string, unknown>, terminus: 'source' | 'target'): string {
  for (const name of ['source', 'target'] as const) {
    const field = performative[name] as Typed | null | undefined;
    if (field && !types[name].has(field.descriptor?.value)) performative[name] = null;
  }
  const fields = (performative[terminus] as Typed | null | undefined)?.value;
  const address = Array.isArray(fields) ? (fields[0] as Typed | undefined)?.value : undefined;
  return typeof address === 'string' ? address : '';
}
