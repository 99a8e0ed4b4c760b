/**
 * Feeds changed certificates, keys, requests, lists and containers to every reader: no exception but an EnrollkitError,
 * no input that takes longer than a second, and no changed certificate or list that counts as signed.
 *
 *     npx tsx scripts/mutated-certificates.ts [COUNT [SEED]]
 */
import { randomInt } from 'node:crypto';
import { type MutationReport, mutateCertificates } from '../test/support/mutated-certificates.js';

const count = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? randomInt(2 ** 31));
console.log(`seed ${seed}`);
const started = performance.now();
const report: MutationReport = await mutateCertificates(count, seed, (done) => {
  if (done % 10_000 === 0)
    console.log(`${done} inputs, ${Math.round((performance.now() - started) / 1000)} s`);
});
console.log(
  JSON.stringify({ ...report, seconds: Math.round((performance.now() - started) / 1000) }, null, 2),
);
process.exitCode = report.problems.length > 0 ? 1 : 0;
