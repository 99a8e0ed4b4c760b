/** The journal of a roll-over's files: what comes beside or after a file that a run made is the run's too. */
import { relative, sep } from 'node:path';
import type { Journal } from '../workspace/journal.js';
import type { Layout } from '../workspace/layout.js';

export interface Noting {
  layout: Layout;
  journal: Journal;
}

/** To be called before `to` is written. A file that no run made, say a company's CA, has no heirs: `clean` leaves both. */
export function inherit({ layout, journal }: Noting, from: string, to: string): void {
  const thing = (path: string) => ({
    kind: 'file' as const,
    path: relative(layout.folder, path).split(sep).join('/'),
  });
  if (journal.has(thing(from)) && !journal.has(thing(to))) journal.made(thing(to));
}
