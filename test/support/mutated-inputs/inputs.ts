/** Mutated inputs of each kind, and how they are sent. */
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { dpsTopics, dpsUserName, hubTopics, hubUserName } from '../../../src/dps/contract/mqtt.js';
import { parseSasToken } from '../../../src/dps/contract/sas.js';
import { ownerToken } from '../../emulator/support.js';
import { derOf, pemOf } from '../pem.js';
import {
  type Conversation,
  certificateDevice,
  deviceToken,
  httpRequest,
  hubToken,
  mqttConnect,
  mqttPublish,
  mqttSubscribe,
  type Port,
  recordAmqpTelemetry,
  type Scene,
  sasDevice,
} from './conversations.js';
import { below, mutated, mutatedConversation, pick, type Random } from './mutations.js';

export const kinds = ['http', 'mqtt', 'amqp', 'upgrade', 'frames', 'token', 'certificate', 'tls'] as const;
export type Kind = (typeof kinds)[number];

/** What an input asks for, so that it is known afterwards if it was served without the right to it. */
export const intruder = 'intruder';

export interface Input {
  port: Port;
  /** Bytes on TCP, without TLS. */
  raw?: boolean;
  certificate?: { cert: string; key: string } | undefined;
  parts: Buffer[];
  /** Whether the answer shows that an intruder was let in. */
  isServed?(answer: Buffer): boolean;
}

/** Makes inputs; undefined when chance made one that is no mutation. */
export type Maker = (random: Random) => Input | undefined;

const success = (answer: Buffer): boolean =>
  /^HTTP\/1\.1 2\d\d/.test(answer.subarray(0, 16).toString('latin1'));

/** Whether two texts are the same token: a SAS token has more than one spelling. */
function isSameToken(one: string, other: string): boolean {
  const plain = (text: string) => text.trim().replace(/^Bearer\s+/i, 'Bearer ');
  if (plain(one) === plain(other)) return true;
  const [a, b] = [parseSasToken(one), parseSasToken(other)];
  if (!a || !b) return false;
  return (
    a.resource === b.resource &&
    a.signature.replace(/=+$/, '') === b.signature.replace(/=+$/, '') &&
    a.expiry === b.expiry
  );
}

/** A token with changes, none of which is a change of a header or a line. */
function mutatedToken(token: string, random: Random): string | undefined {
  const text = mutated(Buffer.from(token), random)
    .toString('latin1')
    .replace(/[\r\n\0]/g, '')
    .slice(0, 8000);
  return isSameToken(text, token) ? undefined : text;
}

export interface Makers {
  makers: Record<Kind, Maker>;
  /** Unchanged inputs, which are served: without that, no intruder would be noticed. */
  honest: Input[];
}

export async function makersOf(scene: Scene): Promise<Makers> {
  const { tls } = scene;
  const places = await tokenPlaces(scene);
  const certificate = { cert: tls.cert, key: tls.key };
  const ofConversations = (kind: Conversation['kind']): Maker => {
    const suitable = scene.conversations.filter((one) => one.kind === kind);
    return (random) => {
      const chosen = pick(random, suitable);
      const isOther = random() < 0.02;
      return {
        // Now and then at the port of another protocol.
        port: isOther ? pick(random, ['https', 'mqtt', 'amqp'] as const) : chosen.port,
        certificate: chosen.certificate ? certificate : undefined,
        parts: mutatedConversation(chosen.parts, random),
      };
    };
  };
  const registration = registrationOf(scene);
  const makers = {
    http: ofConversations('http'),
    mqtt: ofConversations('mqtt'),
    amqp: ofConversations('amqp'),
    upgrade: ofConversations('upgrade'),
    frames: ofConversations('frames'),
    token: tokenMaker(places),
    certificate: certificateMaker(scene, registration),
    tls: await helloMaker(),
  };
  return { makers, honest: [registration, ...places.map(({ token, input }) => input(token))] };
}

/** A request with a token. */
interface Place {
  token: string;
  input(token: string): Input;
}

async function tokenPlaces(scene: Scene): Promise<Place[]> {
  const { endpoints } = scene;
  const arm = `/subscriptions/${endpoints.subscriptionId}/resourceGroups/${endpoints.resourceGroup}/providers/Microsoft.Devices/provisioningServices/${endpoints.dpsName}`;
  const symmetricKey = { primaryKey: '', secondaryKey: '' };
  const overHttps =
    (method: string, path: string, body: unknown) =>
    (token: string): Input => ({
      port: 'https',
      // As bytes: a token may have any.
      parts: [
        Buffer.concat([
          Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: `),
          Buffer.from(token, 'latin1'),
          Buffer.from('\r\n'),
          httpRequest('', '', {}, body).subarray(' / HTTP/1.1\r\nHost: localhost\r\n'.length - 1),
        ]),
      ],
      isServed: success,
    });
  const messageOf = (body: string) => [mqttPublish(hubTopics.telemetry(sasDevice), body, 1)];
  const amqpToken = deviceToken(scene, 'hub');
  const amqpParts = await recordAmqpTelemetry(scene, amqpToken, intruder);
  return [
    {
      token: ownerToken(endpoints),
      input: overHttps('PUT', `/enrollments/${intruder}?api-version=2021-10-01`, {
        registrationId: intruder,
        attestation: { type: 'symmetricKey', symmetricKey },
      }),
    },
    {
      token: `Bearer ${endpoints.armToken}`,
      input: overHttps('PUT', '/emulator/clock', { advance: 0 }),
    },
    { token: `Bearer ${endpoints.armToken}`, input: overHttps('GET', `${arm}?api-version=2022-02-05`, {}) },
    {
      token: hubToken(endpoints),
      input: overHttps('PUT', `/devices/${intruder}?api-version=2021-04-12`, { deviceId: intruder }),
    },
    {
      token: deviceToken(scene, 'hub'),
      input: overHttps('POST', `/devices/${sasDevice}/messages/events?api-version=2021-04-12`, intruder),
    },
    {
      token: deviceToken(scene, 'dps'),
      input: overHttps(
        'PUT',
        `/${endpoints.idScope}/registrations/${sasDevice}/register?api-version=2021-06-01`,
        { registrationId: sasDevice },
      ),
    },
    {
      token: deviceToken(scene, 'hub'),
      input: (password) => ({
        port: 'mqtt',
        parts: [
          mqttConnect({
            clientId: sasDevice,
            userName: hubUserName(endpoints.hubHostName, sasDevice, '2021-04-12'),
            password,
          }),
          ...messageOf(intruder),
        ],
        isServed: (answer) => answer.subarray(0, 4).equals(Buffer.from([0x20, 2, 0, 0])),
      }),
    },
    {
      token: deviceToken(scene, 'dps'),
      input: (password) => ({
        port: 'mqtt',
        parts: [
          mqttConnect({
            clientId: sasDevice,
            userName: dpsUserName(endpoints.idScope, sasDevice, '2021-06-01'),
            password,
          }),
          mqttSubscribe(dpsTopics.responses, 1),
          mqttPublish(dpsTopics.register('1'), JSON.stringify({ registrationId: sasDevice })),
        ],
        isServed: (answer) => answer.includes('registrations/res/2'),
      }),
    },
    {
      token: amqpToken,
      // Its message has the body that tells an intruder.
      input: (password) => ({
        port: 'amqp',
        parts: amqpParts.map((part) => replacedInSasl(part, amqpToken, password)),
        // The performative disposition with the outcome accepted (parts 2.7.6 and 3.4.2).
        isServed: (answer) => answer.includes(Buffer.from([0x00, 0x53, 0x24])),
      }),
    },
  ];
}

/** Requests that are right but for their token. */
function tokenMaker(places: readonly Place[]): Maker {
  return (random) => {
    const { token, input } = pick(random, places);
    const changed = mutatedToken(token, random);
    return changed === undefined ? undefined : input(changed);
  };
}

/** Puts another password into a frame of SASL PLAIN; other frames stay. RFC 4616: NUL, user, NUL, password. */
function replacedInSasl(frame: Buffer, token: string, password: string): Buffer {
  const tokenStart = frame.indexOf(token);
  if (tokenStart < 0) return frame;
  const responseStart = frame.lastIndexOf(`\0${sasDevice}@`, tokenStart);
  const response = Buffer.concat([
    frame.subarray(responseStart, tokenStart),
    Buffer.from(password, 'latin1'),
  ]);
  // A binary of up to 255 bytes (vbin8, 0xa0) or 2^32 (vbin32, 0xb0), in a list whose size takes 32 bits (0xd0).
  const isShort = frame[responseStart - 2] === 0xa0;
  const head = Buffer.alloc(5, 0xb0);
  head.writeUInt32BE(response.length, 1);
  const result = Buffer.concat([
    frame.subarray(0, responseStart - (isShort ? 2 : 5)),
    head,
    response,
    frame.subarray(tokenStart + token.length),
  ]);
  const grown = result.length - frame.length;
  const performative = frame.indexOf(Buffer.from([0x00, 0x53, 0x41, 0xd0]));
  for (const size of [performative - 8, performative + 4]) {
    result.writeUInt32BE(frame.readUInt32BE(size) + grown, size);
  }
  return result;
}

function registrationOf({ endpoints, tls }: Scene): Input {
  const path = `/${endpoints.idScope}/registrations/${certificateDevice}/register?api-version=2021-06-01`;
  return {
    port: 'https',
    certificate: { cert: tls.cert, key: tls.key },
    parts: [httpRequest('PUT', path, {}, { registrationId: certificateDevice })],
    isServed: success,
  };
}

/** Chains with one certificate changed, as a client presents them. The key is still that of the leaf. */
function certificateMaker({ chain, tls }: Scene, registration: Input): Maker {
  const ders = chain.map(({ pem }) => derOf(pem));
  return (random) => {
    const at = below(random, ders.length);
    const changed = Buffer.from(ders[at]!);
    for (let left = 1 + below(random, 3); left > 0; left -= 1)
      changed[below(random, changed.length)] = below(random, 256);
    if (changed.equals(ders[at]!)) return undefined;
    const cert = ders.map((der, index) => pemOf(index === at ? changed : der)).join('');
    return { ...registration, certificate: { cert, key: tls.key } };
  };
}

/** The first bytes of TLS handshakes. */
async function helloMaker(): Promise<Maker> {
  const hellos: Buffer[] = [];
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) hellos.push(await clientHello(maxVersion));
  return (random) => ({
    port: pick(random, ['https', 'mqtt', 'amqp'] as const),
    raw: true,
    parts: [mutated(pick(random, hellos), random), ...(random() < 0.3 ? [mutated(hellos[0]!, random)] : [])],
  });
}

/** The first flight of a client. */
function clientHello(maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = new Duplex({
      read() {},
      write(chunk: Buffer) {
        resolve(chunk);
        socket.destroy();
      },
    });
    const secured = connectTls({ socket, servername: 'localhost', maxVersion });
    secured.on('error', () => {});
  });
}

/** How long a connection may say nothing before it is given up; it is for the pings to find a hang. */
const usualQuietMs = 30;
const longestMs = 3000;

/**
 * Sends an input on a connection of its own.
 *
 * @returns what came back until it ended or fell silent; undefined when the client itself could not send it
 */
export async function sendInput(
  input: Input,
  ports: Record<Port, number>,
  ca: string,
  quietMs = usualQuietMs,
): Promise<Buffer | undefined> {
  const port = ports[input.port];
  let socket: Socket;
  try {
    socket =
      input.raw === true
        ? connectTcp(port, '127.0.0.1')
        : connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca, ...input.certificate });
  } catch {
    // OpenSSL does not read the certificate, or it does not fit the key.
    return undefined;
  }
  const answer: Buffer[] = [];
  const ended = new Promise<void>((end) => {
    let timer = setTimeout(end, longestMs);
    socket.on('data', (chunk: Buffer) => {
      answer.push(chunk);
      clearTimeout(timer);
      timer = setTimeout(end, quietMs);
    });
    socket.once('close', () => {
      clearTimeout(timer);
      end();
    });
    socket.on('error', () => {});
    (async () => {
      await Promise.race([
        once(socket, input.raw === true ? 'connect' : 'secureConnect'),
        once(socket, 'close'),
      ]);
      for (const part of input.parts) {
        if (socket.destroyed) return;
        socket.write(part);
        await new Promise(setImmediate);
      }
      clearTimeout(timer);
      timer = setTimeout(end, quietMs * 4);
    })().catch(() => {});
  });
  await ended;
  socket.destroy();
  return Buffer.concat(answer);
}
