/** What devices write to an emulator over MQTT, AMQP and HTTPS, and how it is read back: for kill-emulator.ts. */
import { createHmac } from 'node:crypto';
import { type EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import mqtt from 'mqtt';
import rhea from 'rhea';
import { hubTopics, hubUserName } from '../../src/dps/contract/mqtt.js';
import { createSasToken } from '../../src/dps/contract/sas.js';
import { controlPaths, type MessagesReply } from '../../src/emulator/control/paths.js';
import { askEmulator } from '../../src/emulator/control/running.js';
import type { EmulatorEndpoints } from '../../src/emulator/start.js';
import { connectAmqp, type RawAmqpClient } from '../emulator/amqp-client.js';
import type { Answer, Client } from '../emulator/support.js';
import { hubToken } from './mutated-inputs/conversations.js';

/** What one client writes again and again: the number of the write. */
export interface Access {
  /** Resolves with what the emulator answered; rejects when the connection ended first. */
  write(number: number, isFirst: boolean): Promise<Pick<Answer, 'status' | 'body'>>;
  /** The last number that is there; 0 for none. @param sent the last number that was sent */
  read(sent: number): Promise<number>;
}

const key = Buffer.from('the symmetric key of all devices').toString('base64');
const symmetricKey = { primaryKey: key, secondaryKey: key };
const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;
const written = { status: 200, body: undefined };

/** A device of the hub with a symmetric key. */
function hubDevice(client: Client, endpoints: EmulatorEndpoints, deviceId: string) {
  const hub = endpoints.hubHostName;
  return {
    create: () =>
      client.call({
        method: 'PUT',
        path: `/devices/${deviceId}?api-version=2021-04-12`,
        headers: { authorization: hubToken(endpoints) },
        body: { deviceId, authentication: { type: 'sas', symmetricKey } },
      }),
    token: () => createSasToken(`${hub}/devices/${deviceId}`, '', key, inAnHour()),
    async lastMessage() {
      const path = `${controlPaths.messages}?deviceId=${deviceId}&limit=1`;
      const { messages } = (await askEmulator(endpoints, 'GET', path)).body as MessagesReply;
      return Number(messages.at(-1)?.body ?? 0);
    },
  };
}

/** Runs an operation that never ends once the connection has. */
function unlessClosed<Result>(closed: Promise<unknown>, operation: Promise<Result>): Promise<Result> {
  const lost = closed.then(() => Promise.reject(new Error('the connection ended')));
  return Promise.race([operation, lost]);
}

function mqttAccess(
  client: Client,
  endpoints: EmulatorEndpoints,
  deviceId: string,
  publish: (connection: mqtt.MqttClient, number: number) => Promise<unknown>,
  read: (device: ReturnType<typeof hubDevice>) => Promise<number>,
): Access {
  const device = hubDevice(client, endpoints, deviceId);
  let connected: { connection: mqtt.MqttClient; closed: Promise<unknown> } | undefined;
  const connect = async () => {
    const connection = mqtt.connect({
      protocol: 'mqtts',
      host: 'localhost',
      port: endpoints.ports.mqtt,
      ca: readFileSync(endpoints.caFile),
      clientId: deviceId,
      username: hubUserName(endpoints.hubHostName, deviceId, '2021-04-12'),
      password: device.token(),
      protocolVersion: 4,
      reconnectPeriod: 0,
    });
    connection.on('error', () => {});
    const closed = new Promise<void>((resolve) => connection.once('close', resolve));
    await unlessClosed(closed, once(emitterOf(connection), 'connect'));
    await unlessClosed(closed, connection.subscribeAsync(hubTopics.twinResponses));
    return { connection, closed };
  };
  return {
    async write(number, isFirst) {
      if (isFirst) await device.create();
      connected ??= await connect();
      await unlessClosed(connected.closed, publish(connected.connection, number));
      return written;
    },
    async read() {
      return read(device);
    },
  };
}

/** mqtt.js has a type of its own for what is one. */
const emitterOf = (connection: mqtt.MqttClient) => connection as unknown as EventEmitter;

/** Reported properties over MQTT. */
export function reportedProperties(client: Client, endpoints: EmulatorEndpoints, index: number): Access {
  const deviceId = `reporter-${index}`;
  return mqttAccess(
    client,
    endpoints,
    deviceId,
    async (connection, number) => {
      const reply = once(emitterOf(connection), 'message');
      connection.publish(hubTopics.patchReported(String(number)), JSON.stringify({ number }), { qos: 1 });
      const [topic] = (await reply) as [string];
      if (!topic.startsWith('$iothub/twin/res/204/')) throw new Error(topic);
    },
    async () => {
      const path = `/twins/${deviceId}?api-version=2021-04-12`;
      const headers = { authorization: hubToken(endpoints) };
      const { status, body } = await client.call({ path, headers });
      return status === 200 ? (body.properties.reported.number ?? 0) : 0;
    },
  );
}

/** Telemetry over MQTT, acknowledged with PUBACK. */
export function mqttTelemetry(client: Client, endpoints: EmulatorEndpoints, index: number): Access {
  const deviceId = `mqtt-${index}`;
  return mqttAccess(
    client,
    endpoints,
    deviceId,
    (connection, number) =>
      connection.publishAsync(hubTopics.telemetry(deviceId), String(number), { qos: 1 }),
    (device) => device.lastMessage(),
  );
}

/** Telemetry over AMQP, settled with the outcome accepted. */
export function amqpTelemetry(client: Client, endpoints: EmulatorEndpoints, index: number): Access {
  const deviceId = `amqp-${index}`;
  const device = hubDevice(client, endpoints, deviceId);
  let connected: { amqp: RawAmqpClient; sender: rhea.Sender; closed: Promise<unknown> } | undefined;
  const connect = async () => {
    const amqp = await connectAmqp({
      port: endpoints.ports.amqp,
      ca: readFileSync(endpoints.caFile, 'utf8'),
      username: `${deviceId}@sas.${endpoints.hubHostName.split('.')[0]}`,
      password: device.token(),
    });
    const closed = new Promise((resolve) => amqp.connection.once('disconnected', resolve));
    const sender = await unlessClosed(closed, amqp.sender(`/devices/${deviceId}/messages/events`));
    return { amqp, sender, closed };
  };
  return {
    async write(number, isFirst) {
      if (isFirst) await device.create();
      connected ??= await connect();
      const { amqp, sender, closed } = connected;
      const body = rhea.message.data_section(Buffer.from(String(number)));
      await unlessClosed(closed, amqp.send(sender, { message_id: String(number), body }));
      return written;
    },
    read: () => device.lastMessage(),
  };
}

/** Registrations of new devices of an enrollment group, one with each write. */
export function registrations(client: Client, endpoints: EmulatorEndpoints, index: number): Access {
  const group = `registrations-${index}`;
  const idOf = (number: number) => `${group}-${number}`;
  const isAssigned = async (number: number) => {
    const { status, body } = await client.service('GET', `/registrations/${idOf(number)}`);
    return status === 200 && body.status === 'assigned';
  };
  return {
    async write(number, isFirst) {
      if (isFirst) {
        await client.service('PUT', `/enrollmentGroups/${group}`, {
          enrollmentGroupId: group,
          attestation: { type: 'symmetricKey', symmetricKey },
        });
      }
      const registrationId = idOf(number);
      const own = createHmac('sha256', Buffer.from(key, 'base64')).update(registrationId).digest('base64');
      const resource = `${endpoints.idScope}/registrations/${registrationId}`;
      const authorization = createSasToken(resource, 'registration', own, inAnHour());
      const path = `/${resource}/register?api-version=2021-06-01`;
      const answer = await client.call({
        method: 'PUT',
        path,
        headers: { authorization },
        body: { registrationId },
      });
      // The operation is accepted; it is acknowledged once the service says that the device is assigned.
      if (answer.status === 202 && (await isAssigned(number))) return written;
      return answer;
    },
    async read(sent) {
      for (let number = sent; number > 0; number -= 1) if (await isAssigned(number)) return number;
      return 0;
    },
  };
}
