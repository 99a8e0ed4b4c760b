import assert from 'node:assert/strict';
import { test } from 'uvu';
import { hostsOf } from '../../src/cli/emulator/hosts-file.js';
import type { EmulatorEndpoints } from '../../src/emulator/start.js';
import { EnrollkitError } from '../../src/errors.js';

function endpoints(...hostNames: string[]): EmulatorEndpoints {
  const services = hostNames.map((hostName, index) => ({ name: `dps-${index}`, hostName }));
  const hubs = hostNames.map((hostName, index) => ({ name: `Hub-${index}`, hostName }));
  return { services, hubs } as unknown as EmulatorEndpoints;
}

test('every line of the hosts file begins with an address, also for an emulator that has a name', async () => {
  const lines = await hostsOf(
    endpoints('laboratory:8443', '127.0.0.2:8443', '[fd00::2]:8443', 'c.localhost'),
    async (name) => {
      assert.equal(name, 'laboratory');
      return '192.0.2.7';
    },
  );
  assert.deepEqual(
    lines.map(({ address }) => address),
    ['192.0.2.7', '127.0.0.2', 'fd00::2', '127.0.0.1'],
  );
  assert.deepEqual(lines[0]!.names, [
    'global.azure-devices-provisioning.net',
    'dps-0.azure-devices-provisioning.net',
    'hub-0.azure-devices.net',
  ]);
});

test('a name that this machine does not know is told', async () => {
  await hostsOf(endpoints('nowhere.invalid:8443')).then(
    () => assert.fail('it has an address'),
    (error) => {
      assert.ok(error instanceof EnrollkitError);
      assert.equal(error.code, 'ADDRESS_UNUSABLE');
    },
  );
});

test.run();
