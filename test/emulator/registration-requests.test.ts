/** What devices send as they register, well or badly: each transport answers the same. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import { apiVersionProperty } from '../../src/dps/contract/amqp.js';
import type { KeyAlgorithm } from '../../src/pki/keys.js';
import { type Made, makeChain } from '../support/chains.js';
import { connectAmqp } from './amqp-client.js';
import { registerOverEach } from './each-transport.js';
import { groupBody, startTestEmulator, type TestEmulator } from './support.js';

let emulator: TestEmulator;
let chain: Made[];

test.before(async () => {
  emulator = await startTestEmulator();
  const { device, intermediate, root } = await makeChain('device');
  chain = [device, intermediate];
  await emulator.verifiedCa('root', root);
  const group = groupBody('group', { reference: 'root' });
  assert.equal((await emulator.service('PUT', '/enrollmentGroups/group', group)).status, 200);
});
test.after(() => emulator?.stop());

const payload = (text: string) => `{"registrationId":"device","payload":${text}}`;
const nested = (levels: number) => payload('['.repeat(levels) + ']'.repeat(levels));

const bodies: [string, string | Buffer, number][] = [
  ['an object', '{"registrationId":"device"}', 202],
  ['nothing', '', 202],
  ['a space', ' ', 202],
  ['null', 'null', 400],
  ['an array', '[]', 400],
  ['no JSON', '{oops', 400],
  ['no UTF-8', Buffer.from(payload('"\xff\xfe"'), 'latin1'), 400],
  ['a mark of the byte order', '\ufeff{"registrationId":"device"}', 202],
  ['a payload of ten levels', nested(10), 202],
  ['a payload of a thousand levels', nested(1000), 400],
  ['97 KB', payload(`"${'x'.repeat(97 * 1024)}"`), 413],
];

for (const [what, body, status] of bodies) {
  test(`${what}: ${status} over each transport`, async () => {
    const answers = await registerOverEach(emulator, { registrationId: 'device', chain }, Buffer.from(body));
    assert.deepEqual(answers, { https: status, mqtt: status, amqp: status });
  });
}

/** The same but for a bit of its signature. */
function tampered({ pem, privateKey }: Made): Made {
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64');
  der[der.length - 3]! ^= 1;
  const lines = der
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n');
  return { pem: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`, privateKey };
}

for (const algorithm of ['ec-p256', 'rsa-2048'] satisfies KeyAlgorithm[]) {
  let made: ReturnType<typeof makeChain> | undefined;
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`a certificate with a changed signature: 401 over each transport (${algorithm}, ${maxVersion})`, async () => {
      made ??= makeChain('device', algorithm);
      const { device, intermediate } = await made;
      const forged = [tampered(device), intermediate];
      // What OpenSSL leaves behind does not show in every connection.
      for (let attempt = 0; attempt < 3; attempt += 1) {
        assert.deepEqual(
          await registerOverEach(emulator, { registrationId: 'device', chain: forged, maxVersion }),
          { https: 401, mqtt: 401, amqp: 401 },
        );
      }
    });
  }
}

test('an ID that is badly composed is a bad request over AMQP, whoever asks', async () => {
  const { ports, caFile, idScope } = emulator.endpoints;
  const client = await connectAmqp({
    ca: readFileSync(caFile, 'utf8'),
    cert: chain.map(({ pem }) => pem).join(''),
    key: chain[0]!.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    port: ports.amqp,
  });
  for (const registrationId of ['a b', '-a', 'a.', 'x'.repeat(129)]) {
    const node = `${idScope}/registrations/${registrationId}`;
    await client.sender(node, { [apiVersionProperty]: '2019-03-31' }).then(
      () => assert.fail('it was attached'),
      ({ condition, description }) => {
        assert.equal(condition, 'com.microsoft:argument-error');
        assert.match(description, /"errorCode":400004.*must have 1 to 128/);
      },
    );
  }
  client.end();
});

test.run();
