/** The quickstart with certificates by openssl alone: a CA is proven, a group trusts it, and a device registers. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { groupBody, type TestEmulator } from '../emulator/support.js';
import { node22 } from '../support/node-22.js';
import { openssl } from '../support/openssl.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { type ArmGiven, armClients, proveCa } from './arm.js';
import { connect, register } from './devices.js';
import { serviceClient } from './enrollments.js';
import type { Generation } from './generations.js';

/** Root, intermediate and a device, and what the root signs. */
function makeCertificates(folder: string) {
  const at = (name: string) => join(folder, name);
  const read = (name: string) => readFileSync(at(name), 'utf8');
  const newKey = (name: string) =>
    openssl([
      'genpkey',
      '-algorithm',
      'EC',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-out',
      at(`${name}.key`),
    ]);
  const issue = (name: string, commonName: string, issuer: string, extensions: string) => {
    newKey(name);
    const subject = ['-subj', `/CN=${commonName}`];
    openssl(['req', '-new', '-key', at(`${name}.key`), ...subject, '-out', at(`${name}.csr`)]);
    writeFileSync(at(`${name}.ext`), extensions);
    const signer = ['-CA', at(`${issuer}.pem`), '-CAkey', at(`${issuer}.key`), '-CAcreateserial'];
    const more = ['-days', '30', '-extfile', at(`${name}.ext`), '-out', at(`${name}.pem`)];
    openssl(['x509', '-req', '-in', at(`${name}.csr`), ...signer, ...more]);
    return read(`${name}.pem`);
  };
  const ca = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n';
  const client =
    'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n';
  newKey('root');
  const root = [
    '-subj',
    '/CN=interop-root',
    '-days',
    '30',
    '-addext',
    'keyUsage=critical,keyCertSign,cRLSign',
  ];
  openssl(['req', '-new', '-x509', '-key', at('root.key'), ...root, '-out', at('root.pem')]);
  const intermediate = issue('intermediate', 'interop-intermediate', 'root', ca);
  const chain = issue('device', 'interop-device', 'intermediate', client) + intermediate + read('root.pem');
  return {
    root: read('root.pem'),
    intermediate,
    device: {
      registrationId: 'interop-device',
      certificate: { cert: chain, key: read('device.key') },
    },
    prove: async (code: string) => issue('proof', code, 'root', ''),
  };
}

export const quickstart = (generation: Generation, emulator: TestEmulator): Promise<void> =>
  inTemporaryFolder(async (folder) => {
    const { endpoints } = emulator;
    const { root, intermediate, device, prove } = makeCertificates(folder);
    const service = serviceClient(generation, emulator);

    async function enrollAndRegister(): Promise<void> {
      await service.createOrUpdateEnrollmentGroup(
        groupBody('by-reference', { reference: 'interop-root' }) as never,
      );
      const initialTwin = { tags: { site: 'A' }, properties: { desired: { interval: 30 } } };
      await service.createOrUpdateEnrollmentGroup(
        groupBody('by-certificate', { certificate: intermediate }, { initialTwin }) as never,
      );
      for (const transport of ['Mqtt', 'Http'] as const) {
        const { assignedHub, deviceId } = await register(generation, emulator, transport, device);
        assert.deepEqual([assignedHub, deviceId], [endpoints.hubHostName, 'interop-device']);
      }
      const client = await connect(generation, endpoints.hubHostName, 'interop-device', 'Mqtt', device);
      const sent = await client.sendEvent(new generation.device.Message('{"hello":"openssl"}'));
      assert.equal(sent.constructor.name, 'MessageEnqueued');
      const twin = await client.getTwin();
      assert.equal(twin.properties.desired.interval, 30, 'the CA nearest the device decides');
      await client.close();
      const { responseBody } = await service.getDeviceRegistrationState('interop-device');
      assert.equal((responseBody as unknown as { status: string }).status, 'assigned');
      await service.deleteDeviceRegistrationState('interop-device');
      for (const group of ['by-reference', 'by-certificate']) await service.deleteEnrollmentGroup(group);
    }

    const { armEndpoint, armToken, subscriptionId, resourceGroup, dpsName, idScope, hubs } = endpoints;
    const linkedHubs = hubs.map(({ hostName }) => hostName);
    const where = { armEndpoint, armToken, subscriptionId, resourceGroup, dpsName, idScope };
    const given: ArmGiven = { ...where, linkedHubs, rootPem: root };
    if (generation.name === 'oldest') await proveCa(armClients.oldest, given, prove, enrollAndRegister);
    else await proveOnNode22(given, endpoints.caFile, prove, enrollAndRegister);
  });

/** What {@link proveCa} does, by a process of its own, since the latest client asks for Node.js 22. */
async function proveOnNode22(
  given: ArmGiven,
  caFile: string,
  prove: (code: string) => Promise<string>,
  whileVerified: () => Promise<void>,
): Promise<void> {
  const program = fileURLToPath(new URL('./arm-on-node-22.ts', import.meta.url));
  const child = spawn(node22!, ['--import', 'tsx', program], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: caFile, NODE_OPTIONS: '' },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  const ended = once(child, 'close');
  const complaint = text(child.stderr);
  const answer = (value: unknown) => child.stdin.write(`${JSON.stringify(value)}\n`);
  answer(given);
  for await (const line of createInterface({ input: child.stdout })) {
    if (line !== 'verified') answer(await prove(line));
    else {
      await whileVerified();
      answer('done');
    }
  }
  assert.equal((await ended)[0], 0, await complaint);
}
