/** What startEmulator is called with by programs that no compiler looks over. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { documentedLimits } from '../../src/emulator/dps/quotas.js';
import { startEmulator } from '../../src/emulator/start.js';
import { EnrollkitError } from '../../src/errors.js';
import { make } from '../support/chains.js';
import { base64, startTestEmulator } from './support.js';

const dir = ':memory:';
const refused: [unknown, RegExp][] = [
  [undefined, /the options are an object that has at least dir/],
  [{}, /dir of startEmulator: it is the path of a folder, or :memory:/],
  [{ dir: '' }, /dir of startEmulator/],
  [{ dir, ports: { https: 8443 } }, /no option ports\./],
  [{ dir, httpsPort: '8443' }, /httpsPort of startEmulator: it is a whole number/],
  [{ dir, mqttPort: 70_000 }, /mqttPort of startEmulator: it is at most 65535/],
  [{ dir, hubs: 'hub-1' }, /hubs of startEmulator: it is a list of names/],
  [{ dir, hubs: ['a b'] }, /hub name "a b"/],
  [{ dir, retryAfter: -1 }, /retryAfter of startEmulator: it is at least 0/],
  [{ dir, quotas: { pollsPerMinute: 1 } }, /no option quotas\.pollsPerMinute\./],
  [{ dir, quotas: { certificates: Number.NaN } }, /quotas of startEmulator: it is true, false, or numbers/],
  [{ dir, seed: null }, /seed of startEmulator/],
  [{ dir, log: console }, /log of startEmulator: it is a function/],
];

for (const [options, message] of refused) {
  test(`startEmulator(${JSON.stringify(options)}) is refused in words`, async () => {
    await startEmulator(options as Parameters<typeof startEmulator>[0]).then(
      async (emulator) => {
        await emulator.stop();
        assert.fail('it started');
      },
      (error) => {
        assert.ok(error instanceof EnrollkitError, String(error));
        assert.equal(error.code, 'USAGE');
        assert.match(error.message, message);
      },
    );
  });
}

test('a limit of Infinity is none, where as many as are documented are the most', async () => {
  const { pem } = await make('root', 'Root');
  const upTo = documentedLimits.certificates;
  for (const [certificates, status] of [
    [upTo, 400],
    [Number.POSITIVE_INFINITY, 200],
  ] as const) {
    const emulator = await startTestEmulator({ quotas: { certificates } });
    try {
      const upload = async (number: number) => {
        const body = { properties: { certificate: base64(pem) } };
        return (await emulator.arm('PUT', `/certificates/root-${number}`, body)).status;
      };
      for (let number = 1; number <= upTo; number += 1) assert.equal(await upload(number), 200);
      assert.equal(await upload(upTo + 1), status, `at most ${certificates}`);
    } finally {
      await emulator.stop();
    }
  }
});

test.run();
