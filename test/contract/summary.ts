/** What a run found, in figures and in words. */
import type { Plane, Rank, Recordings } from './exchange.js';
import { exchangesOf } from './exchange.js';
import type { Outcome } from './perform.js';

export const planes: Record<Plane, string> = {
  arm: 'ARM',
  service: 'service',
  device: 'device',
  hub: 'hub',
};

export const ranks: Record<Rank, string> = {
  R: 'recorded',
  T: 'tested by Microsoft',
  L: 'seen in a log',
  M: "a maintainer's word",
  D: 'documented',
  I: 'guessed',
};

const planeNames = Object.keys(planes) as Plane[];
const rankNames = Object.keys(ranks) as Rank[];

/** A table: exchanges by plane and evidence, as `passed/performed` for those with outcomes. */
export function countTable(outcomes: readonly Outcome[]): string {
  const performed = outcomes.filter(({ result }) => result !== 'not served');
  const used = rankNames.filter((rank) => outcomes.some(({ exchange }) => exchange.evidence === rank));
  const cell = (found: readonly Outcome[]) =>
    found.length === 0 ? '' : `${found.filter(({ result }) => result === 'passed').length}/${found.length}`;
  const rows = planeNames.map((plane) => {
    const ofPlane = performed.filter(({ exchange }) => exchange.plane === plane);
    const cells = used.map((rank) => cell(ofPlane.filter(({ exchange }) => exchange.evidence === rank)));
    return [planes[plane], ...cells, cell(ofPlane), String(notServed(outcomes, plane) || '')];
  });
  const total = used.map((rank) => cell(performed.filter(({ exchange }) => exchange.evidence === rank)));
  return table([
    ['passed/performed', ...used.map((rank) => ranks[rank]), 'all', 'not served'],
    ...rows,
    ['all', ...total, cell(performed), String(notServed(outcomes) || '')],
  ]);
}

function notServed(outcomes: readonly Outcome[], plane?: Plane): number {
  return outcomes.filter(
    ({ exchange, result }) => result === 'not served' && (plane === undefined || exchange.plane === plane),
  ).length;
}

function table(rows: string[][]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((text, column) => (column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Each exchange that failed, and what differs. */
export function failureText(outcomes: readonly Outcome[]): string {
  return outcomes
    .filter(({ result }) => result === 'failed')
    .map(({ exchange, differences }) => {
      const { id, evidence, source } = exchange;
      const from = [source.repository, source.path].filter(Boolean).join(' ');
      return `${id} (${ranks[evidence]}: ${from})\n${differences.map((one) => `  ${one}\n`).join('')}`;
    })
    .join('');
}

/** How many exchanges there are, and how many more facts that cannot be performed. */
export function contentText({ sessions, notPerformed }: Recordings): string {
  const { length } = sessions.flatMap(exchangesOf);
  return `${length} exchanges in ${sessions.length} sessions; ${notPerformed.length} more are evidence that cannot be performed`;
}
