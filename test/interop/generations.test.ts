/** What people do with Microsoft's packages for Node.js: each journey, in each generation of the packages. */
import { test } from 'uvu';
import { startTestEmulator, type TestEmulator } from '../emulator/support.js';
import { howToGetNode22, node22 } from '../support/node-22.js';
import { testWith } from '../support/tools.js';
import { useHub } from './back-end.js';
import { useEveryTransport } from './devices.js';
import { dialEmulator } from './dial.js';
import { manageEnrollments } from './enrollments.js';
import { type Generation, generations } from './generations.js';
import { quickstart } from './quickstart.js';

const quickstartTitle = 'a CA is uploaded and proven, a group trusts it, and a device registers';
const journeys: Record<string, (generation: Generation, emulator: TestEmulator) => Promise<void>> = {
  [quickstartTitle]: quickstart,
  'enrollments are created, changed, queried and deleted, one by one and in bulk': manageEnrollments,
  'devices register and work over every transport, with certificates and with keys': useEveryTransport,
  'a back end makes devices, calls them, tells them, sends to them, and finds them': useHub,
};

let emulator: TestEmulator;
let restore: () => void;
test.before(async () => {
  // From Node.js 26 on, the clients for AMQP cannot dial an address, as docs/emulator.md says.
  const canDialAddresses = Number.parseInt(process.versions.node, 10) < 26;
  emulator = await startTestEmulator(canDialAddresses ? {} : { host: 'localhost' });
  restore = dialEmulator(emulator.endpoints);
});
test.before.each(() => emulator.reset());
test.after(async () => {
  restore?.();
  await emulator?.stop();
});

const testWithOpenssl = testWith('openssl', test);
if (!node22) console.error(howToGetNode22);

function testOf(generation: Generation, title: string) {
  if (title !== quickstartTitle) return test;
  // Of all these packages, only the latest client for ARM needs Node.js 22.
  return generation.name === 'latest' && !node22 ? test.skip : testWithOpenssl;
}

for (const generation of generations) {
  for (const [title, journey] of Object.entries(journeys)) {
    testOf(generation, title)(`${generation.name}: ${title}`, () => journey(generation, emulator));
  }
}

test.run();
