/** What a back end does with the hub: makes devices, calls them, tells them, sends to them, and finds them. */
import assert from 'node:assert/strict';
import type { Client as DeviceClient, Message, Twin } from 'azure-iot-device';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { inspectCertificate } from '../../src/pki/x509/inspect.js';
import type { TestEmulator } from '../emulator/support.js';
import { type Made, make } from '../support/chains.js';
import { withoutPort } from './dial.js';
import { outcome } from './enrollments.js';
import type { Generation } from './generations.js';

type Registry = InstanceType<Generation['hub']['Registry']>;
type ServiceClient = InstanceType<Generation['hub']['Client']>;

const inAMinute = () => Math.floor(Date.now() / 1000) + 60;

function credentialsOf({ pem, privateKey }: Made) {
  return { cert: pem, key: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string };
}

/** With the status, where an error has no class of its own. */
function status(promise: Promise<unknown>): Promise<number | undefined> {
  return promise.then(
    () => undefined,
    (error: { response?: { statusCode: number } }) => error.response?.statusCode,
  );
}

/** Devices with a key, with a thumbprint, with a certificate of a verified CA, and two in bulk. */
async function createIdentities(registry: Registry, thumbprinted: Made): Promise<string> {
  const { responseBody: created } = await registry.create({ deviceId: 'by-key' });
  assert.equal((created.authentication as { type?: string }).type, 'sas');
  assert.equal(await outcome(registry.create({ deviceId: 'by-key' })), 'DeviceAlreadyExistsError');
  const primaryThumbprint = inspectCertificate(thumbprinted.pem).sha1Thumbprint;
  await registry.create({
    deviceId: 'by-thumbprint',
    authentication: { x509Thumbprint: { primaryThumbprint } },
  });
  await registry.create({ deviceId: 'by-authority', authentication: { type: 'certificateAuthority' } });
  const bulk = await registry.addDevices(
    ['bulk-1', 'bulk-2'].map((deviceId) => ({ deviceId, tags: { lot: 7 } })) as never,
  );
  assert.equal((bulk.responseBody as { isSuccessful: boolean }).isSuccessful, true);
  const { responseBody: disabled } = await registry.update({ deviceId: 'bulk-1', status: 'disabled' });
  assert.equal(disabled.status, 'disabled');
  const { responseBody: listed } = await registry.list();
  assert.deepEqual(listed.map(({ deviceId }) => deviceId).sort(), [
    'bulk-1',
    'bulk-2',
    'by-authority',
    'by-key',
    'by-thumbprint',
  ]);
  assert.deepEqual((await registry.getRegistryStatistics()).responseBody, {
    totalDeviceCount: 5,
    enabledDeviceCount: 4,
    disabledDeviceCount: 1,
  });
  return created.authentication!.symmetricKey!.primaryKey!;
}

/** Calls a device, and changes its twin. */
async function callAndTell(
  { device }: Generation,
  registry: Registry,
  service: ServiceClient,
  deviceId: string,
  client: DeviceClient,
): Promise<void> {
  client.onDeviceMethod('sum', (request, response) => {
    const { a, b } = request.payload as { a: number; b: number };
    response.send(200, { sum: a + b }, () => {});
  });
  // The subscription is confirmed before what follows it on the same connection.
  const twin: Twin = await client.getTwin();
  const told = new Promise((resolve) => {
    twin.on('properties.desired.interval', resolve);
  });
  await client.sendEvent(new device.Message('ready'));
  const method = await service.invokeDeviceMethod(deviceId, {
    methodName: 'sum',
    payload: { a: 2, b: 3 },
    connectTimeoutInSeconds: 10,
  });
  assert.deepEqual(method.result, { status: 200, payload: { sum: 5 } }, deviceId);
  const { responseBody: before } = await registry.getTwin(deviceId);
  const { responseBody: patched } = await registry.updateTwin(
    deviceId,
    { tags: { site: 'north' }, properties: { desired: { interval: 42 } } },
    before.etag,
  );
  assert.equal(await told, 42, deviceId);
  const change = (tags: object, etag: string) => outcome(registry.updateTwin(deviceId, { tags }, etag));
  assert.equal(await change({ site: 'south' }, before.etag), 'InvalidEtagError', deviceId);
  assert.equal(await change({ floor: 1 }, patched.etag), 'granted', deviceId);
  assert.equal((await registry.get(deviceId)).responseBody.connectionState, 'Connected', deviceId);
}

function nextMessage(client: DeviceClient): Promise<Message> {
  return new Promise((resolve, reject) => {
    client.on('message', resolve);
    client.on('error', reject);
  });
}

/** Over AMQP, with feedback on what became of each message. */
async function sendMessages(
  { device, deviceTransports, hub }: Generation,
  { endpoints }: TestEmulator,
  registry: Registry,
  byKey: DeviceClient,
  thumbprinted: Made,
): Promise<void> {
  const sender = hub.Client.fromConnectionString(
    endpoints.hubServiceConnectionString.replace(
      /HostName=[^;]+/,
      `HostName=localhost:${endpoints.ports.amqp}`,
    ),
  );
  async function send(deviceId: string, text: string): Promise<void> {
    const message = new device.Message(text);
    message.messageId = 'message-1';
    message.properties.add('colour', 'blue');
    message.ack = 'full';
    await sender.send(deviceId, message as never);
  }
  await sender.open();
  await send('by-key', 'over MQTT');
  await send('by-thumbprint', 'over HTTPS');
  assert.equal(await outcome(send('nobody', 'x')), 'DeviceNotFoundError');
  const { result: feedbackReceiver } = await sender.getFeedbackReceiver();
  const feedback: Record<string, string>[] = [];
  const allFeedback = new Promise<void>((resolve) => {
    feedbackReceiver.on('message', async (batch: { data: Buffer }) => {
      feedback.push(...JSON.parse(batch.data.toString()));
      await feedbackReceiver.complete(batch as never);
      if (feedback.length === 3) resolve();
    });
  });
  const overMqtt = await nextMessage(byKey);
  assert.deepEqual(
    [overMqtt.data.toString(), overMqtt.messageId, overMqtt.properties.getItem(0)],
    ['over MQTT', 'message-1', { key: 'colour', value: 'blue' }],
  );
  const polling = device.Client.fromConnectionString(
    `HostName=${withoutPort(endpoints.hubHostName)};DeviceId=by-thumbprint;x509=true`,
    deviceTransports.Http,
  );
  await polling.setOptions({
    ...credentialsOf(thumbprinted),
    http: { receivePolicy: { interval: 1 } },
  } as never);
  const overHttps = await nextMessage(polling);
  assert.deepEqual([overHttps.data.toString(), overHttps.messageId], ['over HTTPS', 'message-1']);
  await polling.complete(overHttps);
  await send('by-thumbprint', 'not wanted');
  await polling.reject(await nextMessage(polling));
  await polling.close();
  assert.equal((await registry.get('by-thumbprint')).responseBody.cloudToDeviceMessageCount, 0);
  await allFeedback;
  assert.deepEqual(
    feedback.map((one) => [one.deviceId, one.originalMessageId, one.statusCode]),
    [
      ['by-key', 'message-1', 'Success'],
      ['by-thumbprint', 'message-1', 'Success'],
      ['by-thumbprint', 'message-1', 'Rejected'],
    ],
  );
  await sender.close();
}

async function queryPageByPage(registry: Registry): Promise<void> {
  const query = registry.createQuery("SELECT * FROM devices WHERE tags.site = 'north'", 2);
  const pages: string[][] = [];
  while (query.hasMoreResults) {
    const { result: twins } = await query.nextAsTwin(query.continuationToken as string);
    pages.push(twins.map(({ deviceId }) => deviceId));
  }
  assert.deepEqual(pages, [['by-authority', 'by-key'], ['by-thumbprint']]);
  assert.equal(await outcome(registry.createQuery('SELECT * FROM').next()), 'ArgumentError');
}

/** The emulator has no jobs: it says so, and does nothing. */
async function askForJobs({ JobClient }: Generation['hub'], registry: Registry, connectionString: string) {
  const jobs = JobClient.fromConnectionString(connectionString);
  const everyDevice = 'SELECT * FROM devices';
  const patch = { tags: { site: 'south' } };
  const asked: Promise<unknown>[] = [
    jobs.scheduleTwinUpdate('job-1', everyDevice, patch as never, new Date(), 60),
    jobs.scheduleDeviceMethod('job-2', everyDevice, { methodName: 'sum' } as never, new Date(), 60),
    jobs.getJob('job-1'),
    jobs.cancelJob('job-1'),
    jobs.createQuery().next(),
    registry.listJobs(),
    registry.importDevicesFromBlob('https://localhost/in', 'https://localhost/out'),
    registry.exportDevicesToBlob('https://localhost/out', true),
  ];
  for (const answered of await Promise.all(asked.map(status))) assert.equal(answered, 501);
  assert.equal((await registry.getTwin('by-key')).responseBody.tags.site, 'north');
}

export async function useHub(generation: Generation, emulator: TestEmulator): Promise<void> {
  const { device, deviceTransports, hub } = generation;
  const { endpoints } = emulator;
  const root = await make('root', 'Fleet root');
  await emulator.verifiedCa('fleet', root);
  const thumbprinted = await make('device', 'by-thumbprint');
  const certified = await make('device', 'by-authority', root);
  const connectionString = withoutPort(endpoints.hubServiceConnectionString);
  const registry = hub.Registry.fromConnectionString(connectionString);
  const service = hub.Client.fromConnectionString(connectionString);
  const key = await createIdentities(registry, thumbprinted);

  async function connect(deviceId: string, credential: string, certificate?: Made): Promise<DeviceClient> {
    const client = device.Client.fromConnectionString(
      `HostName=${endpoints.hubHostName};DeviceId=${deviceId};${credential}`,
      deviceTransports.Mqtt,
    );
    await client.setOptions((certificate ? credentialsOf(certificate) : {}) as never);
    // Refusals are not asked for again.
    client.setRetryPolicy({ shouldRetry: () => false, nextRetryTimeout: () => -1 });
    await client.open();
    return client;
  }
  const clients = {
    'by-key': await connect('by-key', `SharedAccessKey=${key}`),
    'by-thumbprint': await connect('by-thumbprint', 'x509=true', thumbprinted),
    'by-authority': await connect('by-authority', 'x509=true', certified),
  };
  for (const [deviceId, client] of Object.entries(clients)) {
    await callAndTell(generation, registry, service, deviceId, client);
  }
  const call = (deviceId: string) => service.invokeDeviceMethod(deviceId, { methodName: 'sum' });
  assert.equal(await outcome(call('nobody')), 'DeviceNotFoundError');
  await assert.rejects(call('bulk-2'), (error: Error & { response: unknown; responseBody: string }) => {
    assert.equal((error.response as { statusCode: number }).statusCode, 404);
    assert.equal(JSON.parse(JSON.parse(error.responseBody).Message).errorCode, 404103);
    return true;
  });

  // A device that has its token from a token service, which has the policy named device.
  const [, tokenServiceKey] = /SharedAccessKey=(.*)$/.exec(endpoints.hubs[0]!.connectionStrings.device!)!;
  const ofTokenService = device.Client.fromSharedAccessSignature(
    createSasToken(`${endpoints.hubHostName}/devices/bulk-2`, 'device', tokenServiceKey!, inAMinute()),
    deviceTransports.Mqtt,
  );
  await ofTokenService.open();
  assert.equal((await registry.get('bulk-2')).responseBody.connectionState, 'Connected');
  await ofTokenService.close();

  await sendMessages(generation, emulator, registry, clients['by-key'], thumbprinted);
  await queryPageByPage(registry);
  await askForJobs(hub, registry, connectionString);

  const wrongKey = Buffer.from('not the key of it').toString('base64');
  assert.equal(await outcome(connect('by-key', `SharedAccessKey=${wrongKey}`)), 'UnauthorizedError');
  for (const client of Object.values(clients)) await client.close();
  await registry.removeDevices([{ deviceId: 'bulk-1' }, { deviceId: 'bulk-2' }] as never, true);
  for (const deviceId of Object.keys(clients)) await registry.delete(deviceId);
  assert.equal(await outcome(registry.get('by-key')), 'DeviceNotFoundError');
  assert.equal((await registry.list()).responseBody.length, 0);
}
