import assert from 'node:assert/strict';
import { test } from 'uvu';
import { emulatorOverview } from '../../src/cli/emulator/overview.js';
import { startEmulator } from '../../src/emulator/start.js';

test('what is shown when the emulator is ready fits into 80 columns', async () => {
  const emulator = await startEmulator({ dir: ':memory:' });
  const as = (text: string) => text;
  const style = { bold: as, dim: as, green: as, yellow: as, red: as, cyan: as };
  try {
    for (const detached of [true, false]) {
      const endpoints = { ...emulator.endpoints, caFile: 'tls-root.pem' };
      const options = { dir: 'somewhere/state', program: 'npx enrollkit', style, detached };
      const text = emulatorOverview(endpoints, options);
      for (const line of text.split('\n')) assert.ok(line.length <= 80, line);
    }
  } finally {
    await emulator.stop();
  }
});

test.run();
