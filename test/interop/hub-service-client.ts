/**
 * A back end and its devices by unmodified official clients, in a process of its own: NODE_EXTRA_CA_CERTS is read at
 * start only. Reads one JSON object on stdin, prints one on stdout.
 */
import https from 'node:https';
import { json } from 'node:stream/consumers';
import device, { type Message, type Twin } from 'azure-iot-device';
import { Http } from 'azure-iot-device-http';
import { Mqtt } from 'azure-iot-device-mqtt';
import hub from 'azure-iothub';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { dialPort } from './global-agent.js';

interface Input {
  endpoints: Record<string, string> & {
    ports: { https: number; mqtt: number; amqp: number };
    hubs: { connectionStrings: Record<string, string> }[];
  };
  /** Its certificate's thumbprint is registered. */
  selfSigned: { deviceId: string; cert: string; key: string; thumbprint: string };
  /** Its certificate comes from a verified CA. */
  authority: { deviceId: string; cert: string; key: string };
}

const { endpoints, selfSigned, authority } = (await json(process.stdin)) as Input;

const restoreAgent = dialPort(endpoints.ports.https);
const agent = Object.assign(new https.Agent({ keepAlive: true }), { defaultPort: endpoints.ports.https });
const connectionString = endpoints.hubServiceConnectionString!.replace(/(HostName=[^;:]+):\d+/, '$1');
const registry = hub.Registry.fromConnectionString(connectionString);
const service = hub.Client.fromConnectionString(connectionString);
for (const { _restApiClient: client } of [registry, service] as unknown as {
  _restApiClient: { setOptions(options: object): void };
}[]) {
  client.setOptions({ http: { agent } });
}
const outcome = (promise: Promise<unknown>) =>
  promise.then(
    () => 'granted',
    (error: Error) => error.name,
  );
const result: Record<string, unknown> = {};

// Identities of each kind, one by one and in bulk.
const created = (await registry.create({ deviceId: 'by-key' })).responseBody;
result.createdKind = (created.authentication as { type?: string } | undefined)?.type;
result.again = await outcome(registry.create({ deviceId: 'by-key' }));
await registry.create({
  deviceId: selfSigned.deviceId,
  authentication: { x509Thumbprint: { primaryThumbprint: selfSigned.thumbprint } },
});
await registry.create({ deviceId: authority.deviceId, authentication: { type: 'certificateAuthority' } });
const bulk = await registry.addDevices(
  ['bulk-1', 'bulk-2'].map((deviceId) => ({ deviceId, tags: { lot: 7 } })) as never,
);
result.bulk = (bulk.responseBody as { isSuccessful: boolean }).isSuccessful;
result.disabled = (await registry.update({ deviceId: 'bulk-1', status: 'disabled' })).responseBody.status;
result.listed = (await registry.list()).responseBody.map(({ deviceId }) => deviceId).sort();
result.statistics = (await registry.getRegistryStatistics()).responseBody;

// Each connects and is called, told and sent something.
function connect(deviceId: string, more: string, credentials?: { cert: string; key: string }) {
  const client = device.Client.fromConnectionString(
    `HostName=${endpoints.hubHostName};DeviceId=${deviceId};${more}`,
    Mqtt,
  );
  return client.setOptions((credentials ?? {}) as never).then(() => client);
}
const key = created.authentication!.symmetricKey!.primaryKey!;
const clients = {
  'by-key': await connect('by-key', `SharedAccessKey=${key}`),
  [selfSigned.deviceId]: await connect(selfSigned.deviceId, 'x509=true', selfSigned),
  [authority.deviceId]: await connect(authority.deviceId, 'x509=true', authority),
};
const devices: Record<string, unknown> = {};
for (const [deviceId, client] of Object.entries(clients)) {
  await client.open();
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
  const before = (await registry.getTwin(deviceId)).responseBody;
  const patched = await registry.updateTwin(
    deviceId,
    { tags: { site: 'north' }, properties: { desired: { interval: 42 } } },
    before.etag,
  );
  devices[deviceId] = {
    method: method.result,
    interval: await told,
    stale: await outcome(registry.updateTwin(deviceId, { tags: { site: 'south' } }, before.etag)),
    fresh: await outcome(registry.updateTwin(deviceId, { tags: { floor: 1 } }, patched.responseBody.etag)),
    connectionState: (await registry.get(deviceId)).responseBody.connectionState,
  };
}
result.devices = devices;
result.unknownMethodTarget = await outcome(service.invokeDeviceMethod('nobody', { methodName: 'sum' }));
result.absent = await service.invokeDeviceMethod('bulk-2', { methodName: 'sum' }).then(
  () => 'granted',
  (error: { response?: { statusCode: number }; responseBody?: string }) => [
    error.response?.statusCode,
    JSON.parse(JSON.parse(error.responseBody!).Message).errorCode,
  ],
);

// A device that has its token from a token service, which has the policy named device.
const [, tokenServiceKey] = /SharedAccessKey=(.*)$/.exec(endpoints.hubs[0]!.connectionStrings.device!)!;
const ofTokenService = device.Client.fromSharedAccessSignature(
  createSasToken(
    `${endpoints.hubHostName}/devices/bulk-2`,
    'device',
    tokenServiceKey!,
    Math.floor(Date.now() / 1000) + 60,
  ),
  Mqtt,
);
await ofTokenService.open();
result.byPolicy = (await registry.get('bulk-2')).responseBody.connectionState;
await ofTokenService.close();

// Messages to devices, sent over AMQP.
const sender = hub.Client.fromConnectionString(
  connectionString.replace(/HostName=[^;]+/, `HostName=localhost:${endpoints.ports.amqp}`),
);
async function send(deviceId: string, text: string): Promise<string> {
  const message = new device.Message(text);
  message.messageId = 'message-1';
  message.properties.add('colour', 'blue');
  message.ack = 'full';
  return ((await sender.send(deviceId, message as never)) as unknown as object).constructor.name;
}
await sender.open();
await send('by-key', 'over MQTT');
await send(selfSigned.deviceId, 'over HTTPS');
result.sentToNobody = await outcome(send('nobody', 'x'));
const { result: feedbackReceiver } = await sender.getFeedbackReceiver();
const feedback: Record<string, string>[] = [];
const allFeedback = new Promise<void>((resolve) => {
  feedbackReceiver.on('message', async (batch: { data: Buffer }) => {
    feedback.push(...JSON.parse(batch.data.toString()));
    await feedbackReceiver.complete(batch as never);
    if (feedback.length === 3) resolve();
  });
});
function nextMessage(client: device.Client): Promise<Message> {
  return new Promise((resolve, reject) => {
    client.on('message', resolve);
    client.on('error', reject);
  });
}
const overMqtt = await nextMessage(clients['by-key']!);
result.overMqtt = [overMqtt.data.toString(), overMqtt.messageId, overMqtt.properties.getItem(0)];
const polling = device.Client.fromConnectionString(
  `HostName=localhost;DeviceId=${selfSigned.deviceId};x509=true`,
  Http,
);
await polling.setOptions({
  cert: selfSigned.cert,
  key: selfSigned.key,
  http: { receivePolicy: { interval: 1 } },
} as never);
const overHttps = await nextMessage(polling);
await polling.complete(overHttps);
await send(selfSigned.deviceId, 'not wanted');
await polling.reject(await nextMessage(polling));
result.overHttps = [overHttps.data.toString(), overHttps.messageId];
await polling.close();
result.waiting = (await registry.get(selfSigned.deviceId)).responseBody.cloudToDeviceMessageCount;

await allFeedback;
result.feedback = feedback.map((one) => [one.deviceId, one.originalMessageId, one.statusCode]);
await sender.close();

// Queries, page by page.
const query = registry.createQuery("SELECT * FROM devices WHERE tags.site = 'north'", 2);
const pages: string[][] = [];
while (query.hasMoreResults) {
  const { result: twins } = await query.nextAsTwin(query.continuationToken as string);
  pages.push(twins.map(({ deviceId }) => deviceId));
}
result.pages = pages;
result.badQuery = await outcome(registry.createQuery('SELECT * FROM').next());

// A device that is disabled or deleted is thrown out.
result.secondPassword = await outcome(
  connect('by-key', `SharedAccessKey=${Buffer.from('not the key of it').toString('base64')}`).then(
    (client) => {
      client.setRetryPolicy({ shouldRetry: () => false, nextRetryTimeout: () => -1 });
      return client.open();
    },
  ),
);
await registry.removeDevices([{ deviceId: 'bulk-1' }, { deviceId: 'bulk-2' }] as never, true);
for (const deviceId of Object.keys(clients)) await registry.delete(deviceId);
result.gone = await outcome(registry.get('by-key'));
result.left = (await registry.list()).responseBody.length;
restoreAgent();
process.stdout.write(JSON.stringify(result));
process.exit(0);
