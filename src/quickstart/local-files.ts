/** Local files that a run makes, kept in the journal. */
import { relative, sep } from 'node:path';
import type { RunContext } from './step.js';

/** Notes a file that is about to be written. Paths in the journal are relative, so that the folder can be moved. */
export function journalFile({ journal, layout }: Pick<RunContext, 'journal' | 'layout'>, path: string): void {
  const thing = { kind: 'file' as const, path: relative(layout.folder, path).split(sep).join('/') };
  if (!journal.has(thing)) journal.made(thing);
}
