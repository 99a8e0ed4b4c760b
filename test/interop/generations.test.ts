/** What people do with Microsoft's packages for Node.js: each journey, in each generation of the packages. */
import { test } from 'uvu';
import { startTestEmulator, type TestEmulator } from '../emulator/support.js';
import { useEveryTransport } from './devices.js';
import { dialEmulator } from './dial.js';
import { manageEnrollments } from './enrollments.js';
import { type Generation, generations } from './generations.js';

const journeys: Record<string, (generation: Generation, emulator: TestEmulator) => Promise<void>> = {
  'enrollments are created, changed, queried and deleted, one by one and in bulk': manageEnrollments,
  'devices register and work over every transport, with certificates and with keys': useEveryTransport,
};

let emulator: TestEmulator;
let restore: () => void;
test.before(async () => {
  emulator = await startTestEmulator();
  restore = dialEmulator(emulator.endpoints);
});
test.before.each(() => emulator.reset());
test.after(async () => {
  restore?.();
  await emulator?.stop();
});

for (const generation of generations) {
  for (const [title, journey] of Object.entries(journeys)) {
    test(`${generation.name}: ${title}`, () => journey(generation, emulator));
  }
}

test.run();
