/** A certificate asked for while registering, over every transport that a device may use. */
import assert from 'node:assert/strict';
import { type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';
import { suite } from 'uvu';
import { apiVersionProperty, dpsAmqp } from '../../src/dps/contract/amqp.js';
import { dpsTopics, dpsUserName } from '../../src/dps/contract/mqtt.js';
import { generateKeyPair } from '../../src/pki/keys.js';
import { makeCertificateRequest } from '../../src/pki/make/certificate-request.js';
import { validateChain } from '../../src/pki/path/validate.js';
import { type Made, make } from '../support/chains.js';
import { connectAmqp, type RawAmqpClient } from './amqp-client.js';
import { record } from './mqtt-fixture.js';
import { groupBody, startTestEmulator, type TestEmulator } from './support.js';

const newest = '2025-07-01-preview';
const test = suite<{ emulator: TestEmulator; root: Made }>('certificate requests over other transports');

test.before(async (context) => {
  context.emulator = await startTestEmulator();
  context.root = await make('root', 'Root');
  await context.emulator.verifiedCa('root', context.root);
  const put = await context.emulator.service(
    'PUT',
    '/enrollmentGroups/fleet',
    groupBody('fleet', { reference: 'root' }),
  );
  assert.equal(put.status, 200);
});
test.after(({ emulator }) => emulator.stop());

interface Answer {
  status: number;
  body: any;
}

/** A device that is connected: it asks, and is answered. */
interface Device {
  register(body: unknown): Promise<Answer>;
  poll(operationId: string): Promise<Answer>;
  /** The state without registering; not over MQTT, which has no such request. */
  lookUp?(body: unknown): Promise<Answer>;
  end(): Promise<void>;
}

type Connect = (emulator: TestEmulator, registrationId: string, leaf: Made) => Promise<Device>;

const pemOf = (key: KeyObject) => key.export({ format: 'pem', type: 'pkcs8' }) as string;

const overMqtt =
  (webSocket: boolean): Connect =>
  async ({ endpoints }, registrationId, leaf) => {
    const { ports, caFile, idScope } = endpoints;
    const url = webSocket
      ? `wss://localhost:${ports.https}/$iothub/websocket`
      : `mqtts://localhost:${ports.mqtt}`;
    const client = await mqtt.connectAsync(url, {
      ca: readFileSync(caFile, 'utf8'),
      cert: leaf.pem,
      key: pemOf(leaf.privateKey),
      clientId: registrationId,
      username: dpsUserName(idScope, registrationId, newest),
      reconnectPeriod: 0,
      protocolVersion: 4,
    });
    const inbox = record(client);
    await client.subscribeAsync(dpsTopics.responses);
    let requests = 0;
    const ask = async (topicOf: (rid: string) => string, body: unknown): Promise<Answer> => {
      const rid = `r${++requests}`;
      client.publish(topicOf(rid), JSON.stringify(body), { qos: 1 });
      for (;;) {
        const found = inbox.received.find(({ topic }) => topic.includes(`$rid=${rid}`));
        if (found) {
          const status = Number(/res\/(\d+)\//.exec(found.topic)![1]);
          return { status, body: JSON.parse(found.payload) };
        }
        await new Promise((wake) => setTimeout(wake, 2));
      }
    };
    return {
      register: (body) => ask(dpsTopics.register, body),
      poll: (operationId) => ask((rid) => dpsTopics.getOperation(rid, operationId), {}),
      end: () => client.endAsync(),
    };
  };

const overAmqp =
  (webSocket: boolean, maxFrameSize?: number): Connect =>
  async ({ endpoints }, registrationId, leaf) => {
    const { ports, caFile, idScope } = endpoints;
    const client: RawAmqpClient = await connectAmqp({
      port: webSocket ? ports.https : ports.amqp,
      webSocket,
      ca: readFileSync(caFile, 'utf8'),
      cert: leaf.pem,
      key: pemOf(leaf.privateKey),
      sasl: 'EXTERNAL',
      ...(maxFrameSize === undefined ? {} : { maxFrameSize }),
    });
    const address = `${idScope}/registrations/${registrationId}`;
    const version = { [apiVersionProperty]: newest };
    const receiver = await client.receiver(address, version);
    const sender = await client.sender(address, version);
    const ask = async (type: string, body: unknown, more: object = {}): Promise<Answer> => {
      const properties = { [dpsAmqp.operationType]: type, ...more };
      const text = JSON.stringify(body);
      try {
        await client.send(sender, { application_properties: properties, body: text, correlation_id: type });
      } catch (error) {
        const { description } = error as { description: string };
        const refused = JSON.parse(description);
        return { status: Math.floor(refused.errorCode / 1000), body: refused };
      }
      const message = await client.next(receiver);
      assert.equal(message.correlation_id, type);
      const answer = JSON.parse(message.body.content.toString());
      return { status: answer.status === 'assigning' ? 202 : 200, body: answer };
    };
    return {
      register: (body) => ask(dpsAmqp.register, body),
      poll: (operationId) => ask(dpsAmqp.getOperation, {}, { [dpsAmqp.operationId]: operationId }),
      lookUp: (body) => ask(dpsAmqp.getRegistration, body),
      async end() {
        client.end();
      },
    };
  };

const transports: [string, Connect][] = [
  ['mqtt', overMqtt(false)],
  ['mqtt-ws', overMqtt(true)],
  ['amqp', overAmqp(false)],
  ['amqp-small-frames', overAmqp(false, 512)],
  ['amqp-ws', overAmqp(true)],
];

async function request(commonName: string) {
  const { privateKey, publicKey } = await generateKeyPair('ec-p256');
  const { der } = await makeCertificateRequest({ subject: { commonName }, privateKey, publicKey });
  return { csr: der.toString('base64'), privateKey };
}

for (const [name, connect] of transports) {
  test(`${name}: is answered with a chain for the device's key, which opens the hub`, async ({
    emulator,
    root,
  }) => {
    const registrationId = `over-${name}`;
    const device = await connect(emulator, registrationId, await make('device', registrationId, root));
    try {
      const { csr, privateKey } = await request(registrationId);
      const first = await device.register({ registrationId, csr });
      assert.equal(first.status, 202, JSON.stringify(first.body));
      const polled = await device.poll(first.body.operationId);
      assert.equal(polled.body.status, 'assigned', JSON.stringify(polled.body));
      const chain = polled.body.registrationState.issuedCertificateChain as string[];
      const [leaf, ...above] = chain.map((der) => Buffer.from(der, 'base64'));
      const certificate = new X509Certificate(leaf!);
      assert.equal(certificate.subject, `CN=${registrationId}`);
      assert.ok(certificate.checkPrivateKey(privateKey));
      const verdict = await validateChain({
        leaf: leaf!,
        intermediates: above,
        trustAnchors: [readFileSync(emulator.endpoints.issuingRootFile, 'utf8')],
        purpose: 'clientAuth',
      });
      assert.deepEqual(verdict.failures, []);

      const hub = await connectAmqp({
        port: emulator.endpoints.ports.amqp,
        ca: readFileSync(emulator.endpoints.caFile, 'utf8'),
        cert: [leaf!, above[0]!].map((der) => new X509Certificate(der).toString()).join(''),
        key: pemOf(privateKey),
      });
      try {
        await hub.send(await hub.sender(`/devices/${registrationId}/messages/events`), { body: 'hello' });
      } finally {
        hub.end();
      }
      assert.equal(emulator.messages(registrationId).length, 1);

      if (device.lookUp) {
        const state = await device.lookUp({ registrationId });
        assert.equal(state.status, 200, JSON.stringify(state.body));
        assert.equal('issuedCertificateChain' in state.body, false);
        assert.equal((await device.lookUp({ registrationId, csr })).status, 400);
      }
    } finally {
      await device.end();
    }
  });

  test(`${name}: a request that cannot be used is refused with a sentence, and nothing is registered`, async ({
    emulator,
    root,
  }) => {
    const registrationId = `bad-over-${name}`;
    const device = await connect(emulator, registrationId, await make('device', registrationId, root));
    try {
      for (const [csr, why] of [
        ['nonsense', /base64 of DER/],
        [(await request('somebody-else')).csr, /common name/],
        [7, /csr/],
      ] as const) {
        const answer = await device.register({ registrationId, csr });
        assert.equal(answer.status, 400, JSON.stringify(answer.body));
        assert.equal(answer.body.errorCode, 400004);
        assert.match(answer.body.message, why);
      }
      assert.equal((await emulator.service('GET', `/registrations/${registrationId}`)).status, 404);
      const later = await device.register({ registrationId });
      assert.equal(later.status, 202, 'the connection goes on');
    } finally {
      await device.end();
    }
  });
}

test.run();
