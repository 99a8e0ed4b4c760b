/**
 * Random chains under our validator and under openssl: how often they agree, and why they disagree. The chains are the
 * same for the same seed, but for their keys. The exit status is 1 when a disagreement is not explained.
 *
 *     npm run agreement -- [COUNT [SEED]]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareWithOpenssl } from './openssl-disagreements.js';

const [count = 1_000, seed = 1] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'enrollkit-agreement-'));
try {
  const { bothValid, bothRefused, disagreements } = await compareWithOpenssl(folder, count, seed);
  console.log(`${count} chains of seed ${seed}`);
  console.log(`${String(bothValid).padStart(6)}  valid to both`);
  console.log(`${String(bothRefused).padStart(6)}  refused by both`);
  const byClass = new Map<string, number>();
  for (const { className } of disagreements)
    if (className) byClass.set(className, (byClass.get(className) ?? 0) + 1);
  for (const [name, times] of byClass) console.log(`${String(times).padStart(6)}  disagreements: ${name}`);
  const unexplained = disagreements.filter(({ className }) => !className);
  console.log(`${String(unexplained.length).padStart(6)}  disagreements that nothing explains`);
  for (const { index, description, ours, openssl } of unexplained)
    console.log(`chain ${index} (${description}); ours: ${ours}; openssl: ${openssl}`);
  process.exitCode = unexplained.length > 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
