/** Fleets that are large enough to be interrupted in the middle, of a CA for this process. */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killedWhen, makeCertificateFolder, numbered } from './support.js';

const certs = await makeCertificateFolder(mkdtempSync(join(tmpdir(), 'enrollkit-fleet-')));
export const removeCertificates = () => rmSync(certs, { recursive: true, force: true });

/** How many devices: about ten batches, so that a run does not end before it is interrupted. */
const counts: Record<string, number> = { dir: 800, tar: 2500, ndjson: 5000 };
export const countOf = (format: string) => counts[format]!;
export const idsOf = (format: string) => numbered('k-', 1, countOf(format), 4);
export const flagsFor = (format: string, out = 'f') => [
  '--pattern',
  `k-{0001..${String(countOf(format)).padStart(4, '0')}}`,
  '--dir',
  certs,
  '--format',
  format,
  '--out',
  out,
];

/** How many devices the journal knows. */
export const committed = (folder: string) => {
  const journal = existsSync(join(folder, 'f.journal'))
    ? readFileSync(join(folder, 'f.journal'), 'utf8')
    : '';
  const last = journal.split('\n').findLast((line) => line.startsWith('{"done"'));
  return last === undefined ? 0 : (JSON.parse(last).done.devices as number);
};

const interruptedOnce = new Map<string, string>();

/** Files into a folder, of a run that was killed in the middle: one run a format, copied. */
export async function interrupted(folder: string, format: string): Promise<void> {
  const existing = interruptedOnce.get(format) ?? mkdtempSync(join(certs, 'interrupted-'));
  if (!interruptedOnce.has(format)) {
    const killed = await killedWhen(existing, flagsFor(format), () => committed(existing) >= 200);
    assert.ok(killed && existsSync(join(existing, 'f.journal')));
    interruptedOnce.set(format, existing);
  }
  cpSync(existing, folder, { recursive: true });
}
