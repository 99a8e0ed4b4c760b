/**
 * Sends mutated inputs to everything that the emulator listens on: HTTP of each plane, MQTT, AMQP, WebSockets, tokens,
 * client certificates, TLS. Fails when the emulator crashes, hangs for a second, or serves an intruder.
 *
 *     npm run build && npx tsx scripts/mutated-inputs.ts [COUNT] [SEED]
 */
import { randomInt } from 'node:crypto';
import { sendMutatedInputs } from '../test/support/mutated-inputs/mutated-inputs.js';

const count = Number(process.argv[2] ?? 100_000);
const seed = Number(process.argv[3] ?? randomInt(2 ** 31));
console.log(`${count} inputs, seed ${seed}`);
const begun = performance.now();
const { sent, problems, slowestPing } = await sendMutatedInputs(count, seed, (done) => {
  if (done % 5_000 === 0) console.log(`${done} inputs, ${Math.round((performance.now() - begun) / 1000)} s`);
});
for (const [kind, number] of Object.entries(sent)) console.log(`  ${kind.padEnd(12)}${number}`);
console.log(`slowest answer to an honest request meanwhile: ${slowestPing} ms`);
for (const problem of problems.slice(0, 50)) console.log(`wrong: ${problem}`);
console.log(problems.length === 0 ? 'no crash, no hang, no intruder' : `${problems.length} problems`);
if (problems.length > 0) process.exitCode = 1;
