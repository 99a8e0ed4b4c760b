/**
 * Runs quickstarts against emulators that misbehave (`emulator start --faults wild`), each with a seed of its own: every
 * one must reach the same end as an undisturbed run, within four runs of the same command.
 *
 *     npm run build && npx tsx scripts/wild.ts [COUNT] [FIRST-SEED] [mqtt|amqp|https]
 */
import { quickstartUnderWild } from '../test/support/wild.js';

const count = Number(process.argv[2] ?? 200);
const firstSeed = Number(process.argv[3] ?? 1);
const protocol = process.argv[4] ?? 'mqtt';
const byRuns: Record<number, number> = {};
let injected = 0;
let repeated = 0;
let wrong = 0;

for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
  try {
    const outcome = await quickstartUnderWild(seed, protocol);
    byRuns[outcome.runs] = (byRuns[outcome.runs] ?? 0) + 1;
    injected += outcome.injected;
    repeated += outcome.repeatedMessages;
    for (const failure of outcome.failures) console.log(`seed ${seed}: ${failure}`);
  } catch (error) {
    wrong += 1;
    console.log(`seed ${seed}: ${(error as Error).message}`);
  }
}
console.log(
  `${count} quickstarts over ${protocol} from seed ${firstSeed}: ${count - wrong} right, ${wrong} wrong, ${injected} faults, ${repeated} messages sent again`,
);
for (const [runs, times] of Object.entries(byRuns)) console.log(`  in ${runs} runs: ${times}`);
if (wrong > 0) process.exitCode = 1;
