/** What a device does, over each transport and with each kind of credential: it registers, and works with its hub. */
import assert from 'node:assert/strict';
import type { Client as DeviceClient, Message, Twin } from 'azure-iot-device';
import { deriveDeviceKey } from '../../src/dps/contract/sas.js';
import { base64, groupBody, type TestEmulator } from '../emulator/support.js';
import { type Made, make } from '../support/chains.js';
import { withoutPort } from './dial.js';
import { outcome, pagesOf, serviceClient } from './enrollments.js';
import type { Generation } from './generations.js';

const transports = ['Mqtt', 'MqttWs', 'Amqp', 'AmqpWs', 'Http'] as const;
type Transport = (typeof transports)[number];

interface Credential {
  registrationId: string;
  certificate?: { cert: string; key: string };
  symmetricKey?: string;
}

interface Registration {
  assignedHub: string;
  deviceId: string;
  substatus: string;
}

const groupKey = base64('the primary key of a group of devices');
const interval = { properties: { desired: { interval: 30 } } };

function withCertificate(registrationId: string, chain: Made[]): Credential {
  const key = chain[0]!.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
  return { registrationId, certificate: { cert: chain.map(({ pem }) => pem).join(''), key } };
}

export async function register(
  { provisioning, provisioningTransports, symmetricKeys, x509 }: Generation,
  { endpoints }: TestEmulator,
  transport: Transport,
  { registrationId, certificate, symmetricKey }: Credential,
): Promise<Registration> {
  const client = provisioning.ProvisioningDeviceClient.create(
    withoutPort(endpoints.globalDeviceEndpoint),
    endpoints.idScope,
    new provisioningTransports[transport]() as never,
    (certificate
      ? new x509.X509Security(registrationId, certificate)
      : new symmetricKeys.SymmetricKeySecurityClient(registrationId, symmetricKey!)) as never,
  );
  client.setProvisioningPayload({ from: transport });
  return (await client.register()) as unknown as Registration;
}

/** A hub's name is dialled as it was given out where the client can be told a port; it has one port for MQTT and AMQP. */
const canDialPort = (transport: Transport) => transport === 'Mqtt' || transport === 'Amqp';

export async function connect(
  { device, deviceTransports }: Generation,
  assignedHub: string,
  deviceId: string,
  transport: Transport,
  { certificate, symmetricKey }: Credential,
): Promise<DeviceClient> {
  const host = canDialPort(transport) ? assignedHub : withoutPort(assignedHub);
  const credential = certificate ? 'x509=true' : `SharedAccessKey=${symmetricKey}`;
  const client = device.Client.fromConnectionString(
    `HostName=${host};DeviceId=${deviceId};${credential}`,
    deviceTransports[transport] as never,
  );
  const polling = transport === 'Http' ? { http: { receivePolicy: { interval: 1 } } } : {};
  await client.setOptions({ ...certificate, ...polling } as never);
  await client.open();
  return client;
}

async function sendTelemetry(
  { device }: Generation,
  emulator: TestEmulator,
  client: DeviceClient,
  id: string,
) {
  const message = new device.Message('{"temperature":21}');
  message.contentType = 'application/json';
  message.contentEncoding = 'utf-8';
  message.messageId = 'first';
  message.properties.add('alarm', 'a b');
  assert.equal((await client.sendEvent(message)).constructor.name, 'MessageEnqueued');
  const [stored, ...more] = emulator.messages(id);
  assert.equal(more.length, 0);
  assert.equal(stored!.body.toString(), '{"temperature":21}');
  assert.deepEqual(stored!.systemProperties, {
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    messageId: 'first',
  });
  assert.deepEqual(stored!.properties, { alarm: 'a b' });
}

function report(twin: Twin, patch: object): Promise<void> {
  return new Promise((resolve, reject) =>
    twin.properties.reported.update(patch, (error: Error | null) => (error ? reject(error) : resolve())),
  );
}

interface BackEnd {
  registry: InstanceType<Generation['hub']['Registry']>;
  client: InstanceType<Generation['hub']['Client']>;
}

async function useTwinAndMethods(backEnd: BackEnd, client: DeviceClient, deviceId: string): Promise<void> {
  client.onDeviceMethod('reboot', (request, response) => {
    response.send(202, { in: request.payload.seconds }, () => {});
  });
  const twin: Twin = await client.getTwin();
  const { update: _, ...desired } = twin.properties.desired;
  assert.deepEqual(desired, { interval: 30, $version: 1 });
  const changed = new Promise<{ $version: number }>((resolve) => {
    // It is called with what is there already, too.
    twin.on('properties.desired', (delta: { $version: number }) => {
      if (delta.$version > 1) resolve(delta);
    });
  });
  await report(twin, { firmware: '1.0' });
  assert.equal(await outcome(report(twin, { 'not.allowed': 1 })), 'Error');
  // Subscriptions are asked for without a callback: the next answer of the twin comes after those to them.
  await client.getTwin();

  const { responseBody: seen } = await backEnd.registry.getTwin(deviceId);
  const { $metadata: __, $version, ...reported } = seen.properties.reported;
  assert.deepEqual([reported, $version], [{ firmware: '1.0' }, 2]);
  await backEnd.registry.updateTwin(deviceId, { properties: { desired: { interval: 60 } } }, seen.etag);
  assert.deepEqual(await changed, { interval: 60, $version: 2 });
  const { result } = await backEnd.client.invokeDeviceMethod(deviceId, {
    methodName: 'reboot',
    payload: { seconds: 5 },
    connectTimeoutInSeconds: 10,
  });
  assert.deepEqual(result, { status: 202, payload: { in: 5 } });
}

async function receive(
  { device }: Generation,
  backEnd: BackEnd,
  client: DeviceClient,
  deviceId: string,
  transport: Transport,
): Promise<void> {
  const received = new Promise<Message>((resolve, reject) => {
    client.on('message', resolve);
    client.on('error', reject);
  });
  const message = new device.Message('go');
  message.messageId = 'command-1';
  message.properties.add('a', 'b');
  await backEnd.client.send(deviceId, message as never);
  const command = await received;
  assert.equal(command.getData().toString(), 'go');
  assert.equal(command.messageId, 'command-1');
  // Over HTTPS, both generations name a property as its header is named (azure-iot-http-base, SRS_NODE_HTTP_13_001).
  const key = transport === 'Http' ? 'iothub-app-a' : 'a';
  assert.deepEqual(command.properties.propertyList, [{ key, value: 'b' }]);
  await client.complete(command);
  const { responseBody: identity } = await backEnd.registry.get(deviceId);
  assert.equal(identity.cloudToDeviceMessageCount, 0, 'a message that was completed is gone');
}

/** MQTT and HTTPS give the class of an error, AMQP the condition of Azure. */
async function isRefused(promise: Promise<unknown>, transport: Transport): Promise<void> {
  await assert.rejects(
    promise,
    (error: Error & { amqpError?: { condition: string }; condition?: string }) => {
      const condition = error.amqpError?.condition ?? error.condition;
      if (transport.startsWith('Amqp')) assert.equal(condition, 'amqp:unauthorized-access', String(error));
      else assert.equal(error.name, 'UnauthorizedError', String(error));
      return true;
    },
  );
}

/** At the same time; what was started has ended before any of it fails. */
async function eachOf<One>(all: readonly One[], act: (one: One) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(all.map(act));
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (errors.length > 0) throw new AggregateError(errors, errors.map(({ stack }) => stack).join('\n\n'));
}

export async function useEveryTransport(generation: Generation, emulator: TestEmulator): Promise<void> {
  const { endpoints } = emulator;
  const service = serviceClient(generation, emulator);
  const root = await make('root', 'Device root');
  const intermediate = await make('intermediate', 'Device intermediate', root);
  const stranger = await make('root', 'Strange root');
  await emulator.verifiedCa('root', root);
  // The CA nearest the device decides: the twin comes from the second group.
  for (const group of [
    groupBody('by-reference', { reference: 'root' }),
    groupBody('certificates', { certificate: intermediate.pem }, { initialTwin: interval }),
    {
      enrollmentGroupId: 'keys',
      attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: groupKey, secondaryKey: groupKey } },
      initialTwin: interval,
    },
  ])
    await service.createOrUpdateEnrollmentGroup(group as never);

  const { Client, Registry } = generation.hub;
  const connectionString = withoutPort(endpoints.hubServiceConnectionString);
  const backEnd: BackEnd = {
    registry: Registry.fromConnectionString(connectionString),
    client: Client.fromConnectionString(connectionString),
  };
  await backEnd.client.open();

  const certified = async (transport: Transport) => {
    const id = `certificate-${transport}`;
    return withCertificate(id, [await make('device', id, intermediate), intermediate, root]);
  };
  const keyed = async (transport: Transport) => {
    const registrationId = `key-${transport}`;
    return { registrationId, symmetricKey: deriveDeviceKey(groupKey, registrationId) };
  };
  await eachOf(
    [certified, keyed].flatMap((credentialOf) =>
      transports.map((transport) => ({ transport, credential: credentialOf(transport) })),
    ),
    async ({ transport, credential: made }) => {
      const credential = await made;
      const deviceId = credential.registrationId;
      for (const _ of ['a new device', 'the same again']) {
        const registration = await register(generation, emulator, transport, credential);
        assert.equal(registration.deviceId, deviceId);
        assert.equal(registration.assignedHub, endpoints.hubHostName);
        // Both generations send 2019-03-31, at which a device that was known before is told the same.
        assert.equal(registration.substatus, 'initialAssignment');
      }
      const client = await connect(generation, endpoints.hubHostName, deviceId, transport, credential);
      await sendTelemetry(generation, emulator, client, deviceId);
      // The clients have neither twins nor methods over HTTPS, as Azure has none there.
      if (transport !== 'Http') await useTwinAndMethods(backEnd, client, deviceId);
      await receive(generation, backEnd, client, deviceId, transport);
      await client.close();
    },
  );
  await eachOf(transports, async (transport) => {
    const id = `strange-${transport}`;
    const unknown = withCertificate(id, [await make('device', id, stranger), stranger]);
    await isRefused(register(generation, emulator, transport, unknown), transport);
    const wrongKey = { registrationId: id, symmetricKey: deriveDeviceKey(groupKey, 'another') };
    await isRefused(register(generation, emulator, transport, wrongKey), transport);
  });

  const records = await pagesOf(
    service.createEnrollmentGroupDeviceRegistrationStateQuery({ query: '*' }, 'certificates', 3),
  );
  assert.deepEqual(
    records.map((page) => page.length),
    [3, 2],
  );
  for (const record of records.flat()) assert.equal(record.status, 'assigned');
  const { responseBody: record } = await service.getDeviceRegistrationState('key-Http');
  assert.equal((record as any).status, 'assigned');
  await service.deleteDeviceRegistrationState('key-Http');
  await assert.rejects(service.getDeviceRegistrationState('key-Http'), /Not found/);
  await backEnd.client.close();
}
