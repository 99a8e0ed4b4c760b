/** `device register --csr` and `device renew`: certificates that Azure issues, in a certificate folder and in other files. */
import assert from 'node:assert/strict';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import { connectToHub } from '../../src/dps/client/hub-connection.js';
import { generateKeyPair, privateKeyToPem } from '../../src/pki/keys.js';
import { makeCertificateRequest } from '../../src/pki/make/certificate-request.js';
import { assertRefusal, withCodes } from '../support/refusal.js';
import { run } from './in-process.js';
import { type CommandWorld, inCommandWorld } from './running-emulator.js';

const day = 86_400_000;

interface World extends CommandWorld {
  top: string;
  /** Of the device in the folder. */
  paths: { chain: string; key: string; operational: { chain: string; key: string } };
  hub: string;
  /** Sends one message with a certificate. */
  send(chain: string, key: string): Promise<void>;
  refused(argv: readonly string[], status: number, code: string, ...facts: string[]): Promise<void>;
}

async function withDevice(act: (world: World) => Promise<void>): Promise<void> {
  await inCommandWorld(async (world) => {
    const { folder, target, enrollkit } = world;
    const made = await enrollkit('quickstart', '--yes', '--count', '2');
    assert.equal(made.status, 0, made.stderr);
    const own = join(folder, 'devices', 'device-001');
    const operational = join(own, 'operational');
    const hub = world.emulator.endpoints.hubHostName;
    const of = (at: string) => ({ chain: join(at, 'chain.pem'), key: join(at, 'key.pem') });
    await act({
      ...world,
      top: dirname(folder),
      paths: { ...of(own), operational: of(operational) },
      hub,
      async send(certificateChain, key) {
        const privateKey = readFileSync(key, 'utf8');
        const credentials = { certificateChain, privateKey };
        const connection = await connectToHub({
          target,
          assignedHub: hub,
          deviceId: 'device-001',
          ...credentials,
        });
        await connection.sendTelemetry({ sent: true });
        await connection.close();
      },
      async refused(argv, status, code, ...facts) {
        const answer = await run([...argv, '--dir', folder], { env: withCodes });
        assert.equal(answer.status, status, `${argv.join(' ')}: ${answer.stderr}`);
        assertRefusal(answer.stderr, code, ...facts);
      },
    });
  });
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

test('a device of the folder gets a certificate, renews it three times, and sends; the old one is refused, the key stays', () =>
  withDevice(async ({ folder, top, json, paths, hub, send, emulator, refused }) => {
    await refused(['device', 'renew', 'device-001'], 9, 'FILE_UNREADABLE', 'device-001');
    const bootstrap = readFileSync(paths.chain, 'utf8');
    const registered = await json(['device', 'register', 'device-001', '--csr']);
    assert.equal(registered.issued.certificateFile, paths.operational.chain);
    const { key } = paths.operational;
    assert.equal(statSync(key).mode & 0o077, 0);
    const keyPem = readFileSync(key, 'utf8');
    const read = () => readFileSync(paths.operational.chain, 'utf8');
    const thumbprint = (pem: string) => new X509Certificate(pem).fingerprint256.replaceAll(':', '');
    assert.equal(registered.issued.sha256Thumbprint, thumbprint(read()));
    await send(read(), key);
    await assert.rejects(send(bootstrap, paths.key), { code: 'HUB_REFUSED' });
    // Also without --csr: the hub would know the other certificate.
    const again = await json(['device', 'register', 'device-001']);
    assert.equal(again.issued.sha256Thumbprint, thumbprint(read()));

    // A run registers the device with its own certificate, and says what that means.
    const ran = await run(['device', 'run', 'device-001', '--count', '1', '--dir', folder], {
      env: withCodes,
    });
    assert.match(ran.stderr, /^\[device\.run\.replaced\] .*device-001/);
    const advice = 'enrollkit device register device-001 --csr';
    await refused(['device', 'renew', 'device-001'], 4, 'HUB_REFUSED', advice);
    await json(['device', 'register', 'device-001', '--csr']);

    const seen = new Set([thumbprint(read())]);
    for (let renewal = 1; renewal <= 3; renewal += 1) {
      // The certificate is valid for 30 days.
      emulator.clock.set(new Date(Date.now() + renewal * 25 * day));
      const before = read();
      await send(before, key);
      const renewed = await json(['device', 'renew', 'device-001']);
      assert.equal(renewed.assignedHub, hub);
      assert.equal(renewed.isUsed, true);
      assert.equal(renewed.issued.sha256Thumbprint, thumbprint(read()));
      assert.equal(
        read(),
        readFileSync(join(dirname(key), 'certificate.pem'), 'utf8') +
          read().slice(read().indexOf('-----BEGIN', 9)),
      );
      seen.add(thumbprint(read()));
      await assert.rejects(send(before, key), { code: 'HUB_REFUSED' });
      await send(read(), key);
    }
    assert.equal(seen.size, 4);
    assert.equal(readFileSync(key, 'utf8'), keyPem);
    const secret = keyPem.split('\n')[1]!;
    const holders = filesBelow(top).filter((file) => readFileSync(file, 'latin1').includes(secret));
    assert.deepEqual(holders, [key]);
    assert.equal(emulator.messages('device-001').length > 6, true);

    emulator.clock.set(new Date(Date.now() + 200 * day));
    await refused(['device', 'renew', 'device-001'], 2, 'CHAIN_INVALID', 'device-001');
    emulator.clock.set(new Date(Date.now() + 75 * day));
    const blocked = await json(['device', 'block', 'device-001']);
    assert.ok(blocked);
    const kept = read();
    await refused(['device', 'renew', 'device-001'], 4, 'HUB_REFUSED');
    await refused(['device', 'renew', 'device-001', '--hub', hub], 4, 'HUB_REFUSED', advice);
    await refused(['device', 'register', 'device-001', '--csr'], 4, 'DEVICE_NOT_AUTHORIZED');
    const gaveUp = await run(['device', 'run', 'device-001', '--dir', folder], { env: withCodes });
    assert.equal(gaveUp.status, 4, gaveUp.stderr);
    assert.match(gaveUp.stderr, /^\[device\.run\.next\]/m);
    assert.equal(read(), kept);
    assert.equal(existsSync(join(folder, '.enrollkit', 'pending')), false);
  }));

test('certificates and requests in other files: written beside them, and nothing else is replaced', () =>
  withDevice(async ({ top, json, paths, hub, refused, emulator: { endpoints } }) => {
    const elsewhere = join(top, 'elsewhere');
    mkdirSync(elsewhere);
    const place = (name: string, text: string | Buffer) => {
      writeFileSync(join(elsewhere, name), text);
      return join(elsewhere, name);
    };
    const key = place('d.key.pem', readFileSync(paths.key, 'utf8'));
    const files = ['--chain', paths.chain, '--key', key];
    const register = ['device', 'register', 'device-001'];
    const written = join(elsewhere, 'device-001.operational.pem');
    place('device-001.operational.pem', 'notes');
    await refused([...register, '--csr', ...files], 9, 'FILE_EXISTS', written);
    place('device-001.operational.pem', readFileSync(paths.chain));
    const { issued } = await json([...register, '--csr', ...files]);
    assert.equal(issued.certificateFile, written);
    const first = readFileSync(written, 'utf8');
    assert.ok(new X509Certificate(first).publicKey.equals(createPublicKey(readFileSync(key))));

    const renew = ['device', 'renew', 'device-001', '--chain', written, '--key', key];
    await refused(renew, 2, 'USAGE', '--hub');
    const renewed = await json([...renew, '--hub', hub, '--protocol', 'mqtt-ws']);
    assert.notEqual(readFileSync(written, 'utf8'), first);
    assert.equal(renewed.issued.certificateFile, written);
    const kept = readFileSync(written, 'utf8');
    // The hub knows the certificate from before no longer.
    const old = place('old.pem', first);
    await refused(
      ['device', 'renew', 'device-001', '--chain', old, '--key', key, '--hub', hub],
      4,
      'HUB_REFUSED',
    );
    assert.equal(readFileSync(written, 'utf8'), kept);

    const made = await generateKeyPair('ec-p256');
    const requestFor = (commonName: string) => makeCertificateRequest({ ...made, subject: { commonName } });
    const request = await requestFor('device-001');
    const forged = Buffer.from(request.der);
    forged[forged.length - 1]! ^= 1;
    const csr = place('device.csr', request.der);
    for (const [file, ...facts] of [
      [place('forged.csr', forged)],
      [place('other.csr', (await requestFor('device-002')).pem), 'device-002', 'device-001'],
      [place('none.csr', 'none')],
    ] as const) {
      for (const command of [register, renew.concat('--hub', hub)]) {
        await refused([...command, '--csr-file', file], 2, 'INVALID_CERTIFICATE_REQUEST', file, ...facts);
      }
    }
    await refused([...register, '--csr-file', join(elsewhere, 'missing')], 9, 'FILE_UNREADABLE', 'missing');
    const byRequest = await json([...renew, '--hub', hub, '--csr-file', csr]);
    assert.equal(byRequest.isUsed, false);
    assert.ok(new X509Certificate(readFileSync(written)).publicKey.equals(made.publicKey));
    assert.equal(existsSync(join(dirname(paths.key), 'operational')), false);
    place('device-001.operational.pem', await privateKeyToPem(made.privateKey));
    await refused([...register, '--csr-file', csr], 9, 'FILE_EXISTS', written);

    // Linked to a namespace, the service issues nothing to an enrollment without a policy, and nothing is written.
    const { subscriptionId, resourceGroup, dpsName, armEndpoint, armToken } = endpoints;
    const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers`;
    const put = (path: string, body: object) =>
      new Promise<number>((resolve, reject) => {
        const url = `${armEndpoint}${group}/${path}?api-version=2026-11-01`;
        const headers = { authorization: `Bearer ${armToken}`, 'content-type': 'application/json' };
        const outgoing = httpsRequest(
          url,
          { method: 'PUT', ca: readFileSync(endpoints.caFile), headers },
          (answer) => {
            answer.resume();
            resolve(answer.statusCode!);
          },
        );
        outgoing.on('error', reject).end(JSON.stringify(body));
      });
    const dps = {
      endpointType: 'Microsoft.Devices/provisioningServices',
      resourceId: `${group}/Microsoft.Devices/provisioningServices/${dpsName}`,
      inboundCallerIdentity: { type: 'SystemAssigned' },
    };
    const namespace = { location: 'x', properties: { provisioning: { endpoints: { dps } } } };
    assert.equal(await put('Microsoft.DeviceRegistry/namespaces/plant', namespace), 201);
    await refused(['device', 'register', 'device-001', '--csr'], 4, 'REFUSED', 'device-001');
    assert.equal(existsSync(paths.operational.key), false);
  }));

test.run();
