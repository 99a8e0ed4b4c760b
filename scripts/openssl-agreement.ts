/**
 * Random chains under our validator and under openssl; each disagreement is printed. They are the same for the same
 * seed, but for their keys.
 *
 *     npx tsx scripts/openssl-agreement.ts [COUNT [SEED]]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validateChain } from '../src/pki/validate.js';
import { randomChain, randomFrom } from '../test/support/random-chains.js';
import { opensslVerify } from './openssl-verify.js';

const [count = 1_000, seed = 1] = process.argv.slice(2).map(Number);
const random = randomFrom(seed);
const folder = mkdtempSync(join(tmpdir(), 'enrollkit-agreement-'));
const agreed = { valid: 0, refused: 0 };
let disagreements = 0;
try {
  for (let index = 0; index < count; index += 1) {
    const { request, description } = randomChain(random);
    const ours = await validateChain(request);
    const theirs = opensslVerify(folder, request);
    if (ours.valid === theirs.valid) agreed[ours.valid ? 'valid' : 'refused'] += 1;
    else {
      disagreements += 1;
      const why = ours.failures.map(({ code, message }) => `${code} ${message}`).join(' ');
      console.log(`${index}: ${description}; ours: ${why || 'valid'}; openssl: ${theirs.says || 'valid'}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(
  `${count} chains: ${agreed.valid} valid and ${agreed.refused} refused by both, ${disagreements} disagreements`,
);
