/**
 * A quickstart in one process with its emulator, as the command runs it; prints the processor seconds of each step, and the
 * folder with the emulator's certificates.
 *
 *     node steps.mjs DEVICES FOLDER
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defaultPlan, emulatorTarget, runQuickstart, startEmulator } from '../../dist/index.js';

const [devices, folder] = process.argv.slice(2);
const registrationIds = Array.from(
  { length: Number(devices) },
  (_, index) => `device-${String(index + 1).padStart(6, '0')}`,
);
const emulator = await startEmulator({ dir: join(folder, 'emulator') });
const marks = [];
const mark = (id) => {
  const { user, system } = process.cpuUsage();
  marks.push({ id, cpu: (user + system) / 1e6 });
};
await runQuickstart({
  plan: { ...defaultPlan, devices: { ...defaultPlan.devices, registrationIds } },
  folder: join(folder, 'certs'),
  target: emulatorTarget(emulator.endpoints, readFileSync(emulator.endpoints.caFile, 'utf8')),
  signal: new AbortController().signal,
  emit() {},
  beforeStep: async ({ id }) => mark(id),
});
// With the recording.
mark('end');
await emulator.stop();
const cpuSeconds = {};
for (const [index, { id, cpu }] of marks.slice(0, -1).entries()) cpuSeconds[id] = marks[index + 1].cpu - cpu;
console.log(JSON.stringify({ cpuSeconds, tls: dirname(emulator.endpoints.caFile) }));
