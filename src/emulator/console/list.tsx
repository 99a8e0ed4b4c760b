/** Lists of a page: a table that stays current, its search, and the links to its other pages. */
import type { Child } from 'hono/jsx';
import { Live, Table } from './layout.js';
import type { PageContext } from './page-context.js';

/** How many rows a page of a list has. */
export const pageSize = 100;

/** A position in a list as a link has it; 0, the beginning, unless it is a valid one. */
export function positionOf(given: string | undefined): number {
  return given !== undefined && /^\d{1,15}$/.test(given) ? Number(given) : 0;
}

/** Search by prefix. */
export function SearchForm({
  page: { text },
  action,
  prefix,
  hidden = {},
}: {
  page: PageContext;
  action: string;
  prefix: string;
  hidden?: Record<string, string>;
}) {
  return (
    <search>
      <form method="get" action={action} class="search">
        {Object.entries(hidden).map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <label for="prefix">{text.searchPrefix}</label>
        <input id="prefix" name="prefix" type="search" value={prefix} autocomplete="off" spellcheck={false} />
        <button type="submit">{text.search}</button>
      </form>
    </search>
  );
}

/** Where a list is, and what of it is shown. */
export interface ListQuery {
  /** The path of the page. */
  base: string;
  /** The beginning of the IDs that are searched for; '' for all. */
  prefix: string;
  /** What else the links to other pages keep. */
  keep?: Record<string, string>;
  /** The name of the position in the query; `after` by default. */
  position?: string;
  /** The position after which this page begins; '' on the first page. */
  after: string;
}

/**
 * A list as a table that stays current.
 *
 * @param props.items those of the page, and one more if there is another page, which is not displayed
 * @param props.positionAfter the position after an item
 */
export function LiveList<Item>({
  page,
  id,
  label,
  empty,
  head,
  items,
  row,
  query,
  positionAfter,
}: {
  page: PageContext;
  id: string;
  label: string;
  empty: string;
  head: readonly string[];
  items: readonly Item[];
  row: (item: Item) => Child;
  query: ListQuery;
  positionAfter: (item: Item) => string;
}) {
  const { prefix } = query;
  const next = items.length > pageSize ? positionAfter(items[pageSize - 1]!) : undefined;
  return (
    <Live id={id}>
      {items.length === 0 ? (
        <p>{prefix === '' ? empty : page.text.noMatch(prefix)}</p>
      ) : (
        <Table label={label} head={head}>
          {items.slice(0, pageSize).map(row)}
        </Table>
      )}
      <Pager page={page} label={label} query={query} next={next} />
    </Live>
  );
}

/** @param props.next the position after which the next page begins; undefined on the last page */
function Pager({
  page: { text },
  label,
  query: { base, prefix, keep, position = 'after', after },
  next,
}: {
  page: PageContext;
  label: string;
  query: ListQuery;
  next: string | undefined;
}) {
  const to = (at?: string) => {
    const all = { ...keep, prefix, ...(at === undefined ? {} : { [position]: at }) };
    const search = new URLSearchParams(Object.entries(all).filter(([, value]) => value !== '')).toString();
    return search === '' ? base : `${base}?${search}`;
  };
  if (after === '' && next === undefined) return null;
  return (
    <nav aria-label={label} class="pager">
      {after !== '' && <a href={to()}>{text.first}</a>}
      {next !== undefined && <a href={to(next)}>{text.next}</a>}
    </nav>
  );
}
