/**
 * Kills the emulator with SIGKILL while clients write, and starts it again: every write that it acknowledged must be
 * there.
 *
 *     npm run build && npx tsx scripts/kill-emulator.ts [KILLS] [SEED]
 */
import { randomInt } from 'node:crypto';
import { killEmulatorUnderLoad } from '../test/support/kill-emulator.js';

const kills = Number(process.argv[2] ?? 50);
const seed = Number(process.argv[3] ?? randomInt(2 ** 31));
console.log(`${kills} kills, seed ${seed}`);
const { acknowledged, acknowledgedOf, interrupted, problems } = await killEmulatorUnderLoad(kills, seed);
console.log(`${acknowledged} writes acknowledged, ${interrupted} without an answer`);
for (const [kind, count] of Object.entries(acknowledgedOf)) console.log(`  ${kind.padEnd(20)}${count}`);
for (const problem of problems) console.log(`wrong: ${problem}`);
console.log(problems.length === 0 ? 'all acknowledged writes are there' : `${problems.length} problems`);
if (problems.length > 0) process.exitCode = 1;
