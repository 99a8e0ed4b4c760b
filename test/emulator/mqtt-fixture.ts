/** What the tests of the MQTT listener share: a certificate chain, a hub, registrations that answer by rule. */
import { type KeyObject, X509Certificate } from 'node:crypto';
import mqtt from 'mqtt';
import { dpsUserName, hubUserName } from '../../src/dps/contract/mqtt.js';
import { identifyMqttClient } from '../../src/emulator/device-protocols.js';
import type { DpsSessionOptions } from '../../src/emulator/dps/device/dps-mqtt-session.js';
import { DpsError } from '../../src/emulator/dps/dps-error.js';
import { type Hub, openHub } from '../../src/emulator/hub/hub.js';
import { maxMessageBytes } from '../../src/emulator/hub/messages.js';
import { openState, type StateDatabase } from '../../src/emulator/state/database.js';
import { type EmulatorEvent, EventLog } from '../../src/emulator/wire/events.js';
import {
  type MqttListener,
  type MqttOptions,
  startMqtt,
} from '../../src/emulator/wire/mqtt/mqtt-listener.js';
import { HostNames } from '../../src/emulator/wire/network/host-names.js';
import { ServedApiVersions } from '../../src/emulator/wire/served-api-versions.js';
import { generateKeyPair, privateKeyToPem } from '../../src/pki/keys.js';
import { issue } from '../../src/pki/make/issue.js';
import { loadProfile, type Role } from '../../src/pki/make/profile.js';
import { inspectCertificate } from '../../src/pki/x509/inspect.js';

export interface Credential {
  pem: string;
  keyPem: string;
  privateKey: KeyObject;
  thumbprint: string;
}

export async function makeCertificate(
  role: Role,
  commonName: string,
  issuer?: Credential,
  at = new Date(),
): Promise<Credential> {
  const { publicKey, privateKey } = await generateKeyPair('ec-p256');
  const { pem } = await issue({
    profile: loadProfile(role),
    subject: { commonName },
    publicKey,
    issuer: issuer ? { certificate: issuer.pem, privateKey: issuer.privateKey } : { privateKey },
    at,
    ...(role === 'server' ? { subjectAlternativeNames: { dns: ['localhost'], ip: ['127.0.0.1'] } } : {}),
  });
  const keyPem = await privateKeyToPem(privateKey);
  return { pem, keyPem, privateKey, thumbprint: inspectCertificate(pem).sha256Thumbprint };
}

export const idScope = '0ne00000001';

export interface Fixture {
  listener: MqttListener;
  /** Of the hub. */
  database: StateDatabase;
  hub: Hub;
  hubHostName(): string;
  hubNames: HostNames;
  events: EmulatorEvent[];
  root: Credential;
  intermediate: Credential;
  /** What a client has to trust. */
  serverRoot: Credential;
  /** A certificate of the intermediate, with its chain in `pem`. */
  device(commonName: string): Promise<Credential>;
  /** A device that the hub knows. */
  hubDevice(deviceId: string, desired?: Record<string, unknown>): Promise<Credential>;
  connect(options: mqtt.IClientOptions & { credential?: Credential | undefined }): Promise<mqtt.MqttClient>;
  connectDps(registrationId: string, credential: Credential): Promise<mqtt.MqttClient>;
  connectHub(deviceId: string, credential: Credential): Promise<mqtt.MqttClient>;
  close(): Promise<void>;
}

/** Those of "refused-..." are refused, the others assigned with the first poll. */
function registrationsAt(hubHostName: () => string): DpsSessionOptions['registrations'] {
  return {
    knowsIdScope: () => true,
    async register({ registrationId, chain }) {
      if (registrationId.startsWith('refused')) throw new DpsError('caNotFound');
      if (registrationId.startsWith('broken')) throw new Error('a defect');
      return { operationId: `4.op-${registrationId}-${chain.length}`, status: 'assigning' };
    },
    async getOperation({ registrationId, operationId, chain }) {
      if (operationId !== `4.op-${registrationId}-${chain.length}`) throw new DpsError('operationNotFound');
      const deviceId = registrationId;
      const assignedHub = hubHostName();
      const registrationState = { registrationId, deviceId, status: 'assigned' as const, assignedHub };
      return { operationId, status: 'assigned', registrationState };
    },
  };
}

/** @param now the clock of the hub */
export async function startFixture(
  overrides: Partial<MqttOptions> = {},
  now = () => new Date(),
): Promise<Fixture> {
  const root = await makeCertificate('root', 'Root');
  const intermediate = await makeCertificate('intermediate', 'Intermediate', root);
  const serverRoot = await makeCertificate('root', 'Server root');
  const server = await makeCertificate('server', 'localhost', serverRoot);
  const database = openState(':memory:');
  const authorities = [new X509Certificate(root.pem).raw];
  const hub = openHub(database, now, () => authorities);
  const events: EmulatorEvent[] = [];
  const clients: mqtt.MqttClient[] = [];
  const hubNames = new HostNames(
    'localhost',
    [],
    () => ({ https: listener.port, mqtt: listener.port, amqp: listener.port }),
    true,
  );
  const hubHostName = () => hubNames.mqtt;
  const log = new EventLog((event) => events.push(event), now);
  const options = {
    registrations: registrationsAt(hubHostName),
    retryAfter: 0,
    versions: new ServedApiVersions({ strict: false, log }),
    hubByName: (name: string) =>
      [hubHostName(), 'localhost'].includes(name)
        ? { hubId: 'hub-1', hub, created: now(), names: hubNames, policies: [] }
        : undefined,
    now,
    log,
  };
  const listener = await startMqtt({
    tls: { key: server.keyPem, cert: server.pem, requestCert: true, rejectUnauthorized: false },
    addresses: ['127.0.0.1'],
    port: 0,
    identify: (connect) => identifyMqttClient(connect, options),
    maxMessageBytes,
    log,
    ...overrides,
  });

  async function device(commonName: string): Promise<Credential> {
    const leaf = await makeCertificate('device', commonName, intermediate);
    return { ...leaf, pem: leaf.pem + intermediate.pem + root.pem };
  }

  const fixture: Fixture = {
    listener,
    database,
    hub,
    hubHostName,
    hubNames,
    events,
    root,
    intermediate,
    serverRoot,
    device,
    async hubDevice(deviceId, desired = {}) {
      const credential = await device(deviceId);
      hub.devices.ensure({
        deviceId,
        credential: {
          type: 'selfSigned',
          primaryThumbprint: credential.thumbprint,
          issuerThumbprints: [intermediate.thumbprint],
        },
        iotEdge: false,
        initialTwin: { tags: { site: 'A' }, properties: { desired } },
      });
      return credential;
    },
    async connect({ credential, ...options }) {
      const client = await mqtt.connectAsync(`mqtts://localhost:${listener.port}`, {
        ca: serverRoot.pem,
        reconnectPeriod: 0,
        protocolVersion: 4,
        ...(credential ? { cert: credential.pem, key: credential.keyPem } : {}),
        ...options,
      });
      client.on('error', () => {});
      clients.push(client);
      return client;
    },
    connectDps(registrationId, credential) {
      const username = dpsUserName(idScope, registrationId, '2019-03-31');
      return fixture.connect({ credential, clientId: registrationId, username });
    },
    connectHub(deviceId, credential) {
      const username = hubUserName(hubHostName(), deviceId, '2021-04-12');
      return fixture.connect({ credential, clientId: deviceId, username, clean: false });
    },
    async close() {
      for (const client of clients) client.end(true);
      await listener.close();
      database.close();
    },
  };
  return fixture;
}

/** Everything that arrives at a client, as it arrives. */
export function record(client: mqtt.MqttClient) {
  const received: { topic: string; payload: string }[] = [];
  const waiting: (() => void)[] = [];
  client.on('message', (topic, payload) => {
    received.push({ topic, payload: payload.toString() });
    for (const wake of waiting.splice(0)) wake();
  });
  return {
    received,
    /** The first message whose topic has this beginning. */
    async first(beginning: string) {
      for (;;) {
        const found = received.find(({ topic }) => topic.startsWith(beginning));
        if (found) return found;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    },
  };
}

export function closed(client: mqtt.MqttClient): Promise<void> {
  return new Promise((resolve) => {
    if (client.disconnected || !client.connected) resolve();
    else client.once('close', () => resolve());
  });
}

/** The return code with which a connection is refused (MQTT 3.1.1 section 3.2.2.3). */
export async function refusedWith(attempt: Promise<unknown>): Promise<number> {
  try {
    await attempt;
  } catch (error) {
    return (error as { code: number }).code;
  }
  throw new Error('it was let in');
}
