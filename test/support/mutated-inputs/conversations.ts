/** What honest clients send to an emulator: the conversations that are mutated. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import mqttPacket from 'mqtt-packet';
import rhea from 'rhea';
import { apiVersionProperty, dpsAmqp } from '../../../src/dps/contract/amqp.js';
import { parseConnectionString } from '../../../src/dps/contract/connection-string.js';
import { dpsTopics, dpsUserName, hubTopics, hubUserName } from '../../../src/dps/contract/mqtt.js';
import { createSasToken } from '../../../src/dps/contract/sas.js';
import { controlPaths } from '../../../src/emulator/control/paths.js';
import type { EmulatorEndpoints } from '../../../src/emulator/start.js';
import { connectAmqp } from '../../emulator/amqp-client.js';
import { base64, type Client, clientOf, groupBody, ownerToken } from '../../emulator/support.js';
import { type Made, makeChain } from '../chains.js';

export type Port = 'https' | 'mqtt' | 'amqp';

export interface Conversation {
  kind: 'http' | 'mqtt' | 'amqp' | 'upgrade' | 'frames';
  port: Port;
  /** Whether the client presents its certificate. */
  certificate: boolean;
  parts: Buffer[];
}

/** An emulator with an enrollment group, an individual enrollment and a hub's device, and their credentials. */
export interface Scene {
  endpoints: EmulatorEndpoints;
  client: Client;
  tls: { ca: string; cert: string; key: string };
  chain: Made[];
  /** The key of {@link sasDevice} and of its individual enrollment. Base64. */
  deviceKey: string;
  conversations: Conversation[];
}

export const certificateDevice = 'meter-1';
export const sasDevice = 'sensor-1';

const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

export async function setScene(endpoints: EmulatorEndpoints): Promise<Scene> {
  const client = clientOf(endpoints);
  const { root, intermediate, device } = await makeChain(certificateDevice);
  await client.verifiedCa('root', root);
  await client.service('PUT', '/enrollmentGroups/g', groupBody('g', { reference: 'root' }));
  const deviceKey = base64('the symmetric key of one device!');
  const symmetricKey = { primaryKey: deviceKey, secondaryKey: deviceKey };
  await client.service('PUT', `/enrollments/${sasDevice}`, {
    registrationId: sasDevice,
    attestation: { type: 'symmetricKey', symmetricKey },
  });
  const authorization = hubToken(endpoints);
  await client.call({
    method: 'PUT',
    path: `/devices/${sasDevice}?api-version=2021-04-12`,
    headers: { authorization },
    body: { deviceId: sasDevice, authentication: { type: 'sas', symmetricKey } },
  });
  const chain = [device, intermediate];
  const scene: Scene = {
    endpoints,
    client,
    chain,
    deviceKey,
    tls: {
      ca: readFileSync(endpoints.caFile, 'utf8'),
      cert: chain.map(({ pem }) => pem).join(''),
      key: device.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    },
    conversations: [],
  };
  scene.conversations.push(...httpConversations(scene, root.pem), ...mqttConversations(scene));
  scene.conversations.push(...(await amqpConversations(scene)));
  scene.conversations.push(...webSocketConversations(scene));
  return scene;
}

/** A token of a hub's owner. */
export function hubToken({ hubServiceConnectionString }: EmulatorEndpoints): string {
  const { hostName, sharedAccessKeyName, sharedAccessKey } =
    parseConnectionString(hubServiceConnectionString);
  return createSasToken(hostName, sharedAccessKeyName, sharedAccessKey, inAnHour());
}

/** A token of {@link sasDevice}, for its hub or for DPS. */
export function deviceToken({ endpoints, deviceKey }: Scene, of: 'hub' | 'dps'): string {
  if (of === 'hub') {
    return createSasToken(`${endpoints.hubHostName}/devices/${sasDevice}`, '', deviceKey, inAnHour());
  }
  const resource = `${endpoints.idScope}/registrations/${sasDevice}`;
  return createSasToken(resource, 'registration', deviceKey, inAnHour());
}

/** An HTTP/1.1 request. */
export function httpRequest(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: unknown,
): Buffer {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const all: Record<string, string> = {
    Host: 'localhost',
    ...(body === undefined
      ? {}
      : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(text)) }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`${[`${method} ${path} HTTP/1.1`, ...lines].join('\r\n')}\r\n\r\n${text}`);
}

function httpConversations(scene: Scene, rootPem: string): Conversation[] {
  const { endpoints } = scene;
  const arm = `/subscriptions/${endpoints.subscriptionId}/resourceGroups/${endpoints.resourceGroup}/providers/Microsoft.Devices/provisioningServices/${endpoints.dpsName}`;
  const bearer = { Authorization: `Bearer ${endpoints.armToken}` };
  const owner = { Authorization: ownerToken(endpoints) };
  const hub = { Authorization: hubToken(endpoints) };
  const atHub = { Authorization: deviceToken(scene, 'hub') };
  const [armVersion, serviceVersion, hubVersion] = ['2022-02-05', '2021-10-01', '2021-04-12'].map(
    (version) => `?api-version=${version}`,
  );
  const attestation = { type: 'symmetricKey', symmetricKey: { primaryKey: '', secondaryKey: '' } };
  const registrations = `/${endpoints.idScope}/registrations`;
  const plain: Buffer[] = [
    httpRequest('GET', `${arm}${armVersion}`, bearer),
    httpRequest('PUT', `${arm}/certificates/c${armVersion}`, bearer, {
      properties: { certificate: base64(rootPem) },
    }),
    httpRequest('POST', `${arm}/certificates/root/generateVerificationCode${armVersion}`, {
      ...bearer,
      'If-Match': '*',
    }),
    httpRequest('POST', `${arm}/listkeys${armVersion}`, bearer),
    httpRequest('GET', `/enrollmentGroups/g${serviceVersion}`, owner),
    httpRequest(
      'PUT',
      `/enrollments/e${serviceVersion}`,
      { ...owner, 'If-Match': '*' },
      { registrationId: 'e', attestation },
    ),
    httpRequest('POST', `/enrollments${serviceVersion}`, owner, {
      mode: 'create',
      enrollments: [{ registrationId: 'f', attestation }],
    }),
    httpRequest(
      'POST',
      `/enrollments/query${serviceVersion}`,
      { ...owner, 'x-ms-max-item-count': '2' },
      { query: 'SELECT * FROM enrollments' },
    ),
    httpRequest('DELETE', `/enrollments/e${serviceVersion}`, owner),
    httpRequest('GET', `/registrations/${certificateDevice}${serviceVersion}`, owner),
    httpRequest('PUT', `/devices/d${hubVersion}`, hub, { deviceId: 'd' }),
    httpRequest('GET', `/twins/${sasDevice}${hubVersion}`, hub),
    httpRequest(
      'PATCH',
      `/twins/${sasDevice}${hubVersion}`,
      { ...hub, 'If-Match': '*' },
      { tags: { a: { b: 1 } }, properties: { desired: { c: [1, null] } } },
    ),
    httpRequest('POST', `/devices/query${hubVersion}`, hub, {
      query: 'SELECT * FROM devices WHERE tags.a = 1',
    }),
    httpRequest('POST', `/twins/${sasDevice}/methods${hubVersion}`, hub, {
      methodName: 'm',
      responseTimeoutInSeconds: 5,
      connectTimeoutInSeconds: 0,
      payload: {},
    }),
    httpRequest('POST', `/devices/${sasDevice}/messages/events${hubVersion}`, atHub, 'text'),
    httpRequest('GET', `/devices/${sasDevice}/messages/devicebound${hubVersion}`, atHub),
    httpRequest(
      'PUT',
      `${registrations}/${sasDevice}/register?api-version=2021-06-01`,
      {
        Authorization: deviceToken(scene, 'dps'),
      },
      { registrationId: sasDevice },
    ),
    httpRequest('GET', controlPaths.clock, bearer),
    httpRequest('GET', `${controlPaths.messages}?limit=1`, bearer),
    httpRequest('GET', controlPaths.faults, bearer),
    httpRequest('PUT', controlPaths.faults, bearer, { faults: { rules: [] }, seed: 1 }),
    httpRequest(
      'POST',
      '/tenant/oauth2/v2.0/token',
      { 'Content-Type': 'application/x-www-form-urlencoded' },
      'grant_type=client_credentials&client_id=a&client_secret=b&scope=c',
    ),
  ];
  const withCertificate: Buffer[] = [
    httpRequest(
      'PUT',
      `${registrations}/${certificateDevice}/register?api-version=2021-06-01`,
      {},
      { registrationId: certificateDevice, payload: { a: [1] } },
    ),
    httpRequest('GET', `${registrations}/${certificateDevice}/operations/x?api-version=2021-06-01`),
    httpRequest(
      'POST',
      `${registrations}/${certificateDevice}?api-version=2021-06-01`,
      {},
      { registrationId: certificateDevice },
    ),
  ];
  const conversation =
    (certificate: boolean) =>
    (request: Buffer): Conversation => ({
      kind: 'http',
      port: 'https',
      certificate,
      parts: [request],
    });
  return [...plain.map(conversation(false)), ...withCertificate.map(conversation(true))];
}

type Packet = Parameters<typeof mqttPacket.generate>[0];
const packet = (one: Packet) => mqttPacket.generate(one);

export interface MqttCredentials {
  clientId: string;
  userName: string;
  password?: string;
}

export function mqttConnect({ clientId, userName, password }: MqttCredentials): Buffer {
  return packet({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    clientId,
    keepalive: 60,
    username: userName,
    ...(password === undefined ? {} : { password: Buffer.from(password) }),
  });
}

export function mqttPublish(topic: string, payload: string, messageId?: number): Buffer {
  const delivery = messageId === undefined ? { qos: 0 as const } : { qos: 1 as const, messageId };
  return packet({ cmd: 'publish', topic, payload, dup: false, retain: false, ...delivery });
}

export function mqttSubscribe(topic: string, messageId: number): Buffer {
  return packet({ cmd: 'subscribe', messageId, subscriptions: [{ topic, qos: 0 }] });
}

function mqttConversations(scene: Scene): Conversation[] {
  const { endpoints } = scene;
  const atDps = [
    mqttConnect({
      clientId: certificateDevice,
      userName: dpsUserName(endpoints.idScope, certificateDevice, '2021-06-01'),
    }),
    mqttSubscribe(dpsTopics.responses, 1),
    mqttPublish(dpsTopics.register('1'), JSON.stringify({ registrationId: certificateDevice })),
    mqttPublish(dpsTopics.getOperation('2', 'x'), ''),
    packet({ cmd: 'disconnect' }),
  ];
  const atHub = [
    mqttConnect({
      clientId: sasDevice,
      userName: hubUserName(endpoints.hubHostName, sasDevice, '2021-04-12'),
      password: deviceToken(scene, 'hub'),
    }),
    mqttSubscribe(hubTopics.twinResponses, 1),
    mqttSubscribe(hubTopics.methodCalls, 2),
    mqttSubscribe(hubTopics.cloudToDeviceMessages(sasDevice), 3),
    mqttPublish(hubTopics.getTwin('1'), ' '),
    mqttPublish(hubTopics.patchReported('2'), '{"a":{"b":[1,2,null]}}'),
    mqttPublish(hubTopics.telemetry(sasDevice, '%24.ct=application%2Fjson&a=b'), '{"t":21}', 4),
    mqttPublish(hubTopics.methodResponse(200, '1'), '{}'),
    packet({ cmd: 'unsubscribe', messageId: 5, unsubscriptions: [hubTopics.methodCalls] }),
    packet({ cmd: 'pingreq' }),
    packet({ cmd: 'puback', messageId: 9 }),
  ];
  return [
    { kind: 'mqtt', port: 'mqtt', certificate: true, parts: atDps },
    { kind: 'mqtt', port: 'mqtt', certificate: false, parts: atHub },
  ];
}

/** What is written to TLS connections that rhea opens while something works. One at a time. */
async function recorded(work: () => Promise<void>): Promise<Buffer[]> {
  const written: Buffer[] = [];
  // rhea looks the function up in this object at each connection.
  const tls = createRequire(import.meta.url)('node:tls') as { connect: (...words: unknown[]) => Socket };
  const { connect } = tls;
  tls.connect = (...words) => {
    const socket = connect(...words);
    const { write } = socket;
    socket.write = ((chunk: Buffer, ...rest: []) => {
      written.push(Buffer.from(chunk));
      return write.call(socket, chunk, ...rest);
    }) as typeof write;
    return socket;
  };
  try {
    await work();
  } finally {
    tls.connect = connect;
  }
  return written;
}

/** @param token of {@link sasDevice}; its message has this body */
export function recordAmqpTelemetry(
  { endpoints, tls }: Scene,
  token: string,
  body: string,
): Promise<Buffer[]> {
  return recorded(async () => {
    const client = await connectAmqp({
      port: endpoints.ports.amqp,
      ca: tls.ca,
      username: `${sasDevice}@sas.${endpoints.hubHostName.split('.')[0]}`,
      password: token,
    });
    const sender = await client.sender(`/devices/${sasDevice}/messages/events`);
    await client.send(sender, {
      message_id: 'm',
      application_properties: { a: 'b', n: 1 },
      body: rhea.message.data_section(Buffer.from(body)),
    });
    client.end();
  });
}

async function amqpConversations(scene: Scene): Promise<Conversation[]> {
  const { endpoints, tls } = scene;
  const registration = await recorded(async () => {
    const client = await connectAmqp({ port: endpoints.ports.amqp, ...tls });
    const node = `${endpoints.idScope}/registrations/${certificateDevice}`;
    const properties = { [apiVersionProperty]: '2019-03-31' };
    const receiver = await client.receiver(node, properties);
    const sender = await client.sender(node, properties);
    await client.send(sender, {
      correlation_id: '1',
      application_properties: { [dpsAmqp.operationType]: dpsAmqp.register },
      body: JSON.stringify({ registrationId: certificateDevice }),
    });
    await client.next(receiver);
    client.end();
  });
  const telemetry = await recordAmqpTelemetry(scene, deviceToken(scene, 'hub'), 'text');
  const claims = await recorded(async () => {
    const client = await connectAmqp({ port: endpoints.ports.amqp, ca: tls.ca });
    const answers = await client.receiver('$cbs');
    const requests = await client.sender('$cbs');
    await client.send(requests, {
      message_id: '1',
      application_properties: {
        operation: 'put-token',
        type: 'servicebus.windows.net:sastoken',
        name: endpoints.hubHostName,
      },
      body: hubToken(endpoints),
    });
    await client.next(answers);
    const sender = await client.sender('/messages/devicebound');
    await client.send(sender, {
      to: `/devices/${sasDevice}/messages/devicebound`,
      body: rhea.message.data_section(Buffer.from('x')),
    });
    client.end();
  });
  return [
    { kind: 'amqp', port: 'amqp', certificate: true, parts: registration },
    { kind: 'amqp', port: 'amqp', certificate: false, parts: telemetry },
    { kind: 'amqp', port: 'amqp', certificate: false, parts: claims },
  ];
}

/** RFC 6455 section 5.2: a binary frame of a client, with a mask of zeros. */
function binaryFrame(payload: Buffer): Buffer {
  const { length } = payload;
  const head =
    length < 126
      ? Buffer.from([0x82, 0x80 | length])
      : Buffer.from([0x82, 0x80 | 126, length >> 8, length & 0xff]);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

function webSocketConversations({ conversations }: Scene): Conversation[] {
  const upgrade = (protocol: string) =>
    httpRequest('GET', '/$iothub/websocket', {
      Upgrade: 'websocket',
      Connection: 'Upgrade',
      'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Version': '13',
      'Sec-WebSocket-Protocol': protocol,
    });
  const ping = Buffer.from([0x89, 0x80, 0, 0, 0, 0]);
  const close = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 3, 0xe8]);
  const carried = conversations.filter(({ kind }) => kind === 'mqtt' || kind === 'amqp');
  return carried.flatMap(({ kind, certificate, parts }): Conversation[] => {
    const head = upgrade(kind === 'mqtt' ? 'mqtt' : 'AMQPWSB10');
    const frames = [...parts.map(binaryFrame), ping, close];
    return [
      { kind: 'upgrade', port: 'https', certificate, parts: [head] },
      { kind: 'frames', port: 'https', certificate, parts: [head, ...frames] },
    ];
  });
}
