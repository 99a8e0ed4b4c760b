/** Starts the emulator: state, TLS, the planes, the listeners; and stops it again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatConnectionString } from '../dps/contract/connection-string.js';
import { ensureFolder, publicFileMode, readTextIfExists, writeFileAtomically } from '../store/files.js';
import { AccessTokens } from './access-tokens.js';
import { startAmqpListener } from './amqp/listener.js';
import { createAmqpServer } from './amqp/server.js';
import { Attestation } from './attestation.js';
import { EmulatorClock } from './clock.js';
import { type Closer, closeAll } from './closers.js';
import { type EmulatorEndpoints, emulatorFolder, removeEndpoints, writeEndpoints } from './endpoints.js';
import type { EmulatorLog } from './events.js';
import { bindAddresses, HostNames } from './host-names.js';
import { createApp } from './http/app.js';
import { armPlane } from './http/arm/plane.js';
import { controlRoutes } from './http/control.js';
import { devicePlane } from './http/device.js';
import { startHttps } from './http/listener.js';
import { servicePlane } from './http/service/plane.js';
import { tokenEndpoint } from './http/token-endpoint.js';
import { hubRoutes } from './hub/http.js';
import { openHub } from './hub/hub.js';
import { type DeviceMessage, MessageFeed } from './message-feed.js';
import { startMqtt } from './mqtt/listener.js';
import { documentedLimits, type QuotaLimits, Quotas } from './quotas.js';
import { Registrations } from './registration.js';
import { applySeed } from './seed.js';
import type { EmulatorSeed } from './seed-schema.js';
import { Certificates } from './state/certificates.js';
import { closeState, openState, type StateDatabase } from './state/database.js';
import { emptyState } from './state/empty.js';
import { EnrollmentGroups } from './state/enrollment-groups.js';
import { LinkedHubs } from './state/hubs.js';
import {
  firstHubId,
  hubOwnerPolicy,
  ownerPolicy,
  type Policy,
  readIdentity,
  readPolicies,
} from './state/identity.js';
import { IndividualEnrollments } from './state/individual-enrollments.js';
import { IssuingAuthorities, issuingRootFileName } from './state/issuing-authorities.js';
import { lockFolder } from './state/lock.js';
import { RegistrationRecords } from './state/registration-records.js';
import { openServerIdentity, rootFileName, type ServerIdentity } from './tls.js';

export { EmulatorClock } from './clock.js';
export { type EmulatorEndpoints, runningEmulator } from './endpoints.js';
export type { EmulatorEvent, EmulatorLog } from './events.js';
export type { DeviceMessage } from './message-feed.js';
export type { QuotaLimits } from './quotas.js';
export type { EmulatorSeed } from './seed-schema.js';

export interface EmulatorOptions {
  /** The state folder; the emulator keeps its files in `emulator/` below it. `:memory:` keeps nothing. */
  dir: string;
  /** What to bind: `localhost`, both loopback addresses, unless told otherwise. */
  host?: string;
  /** 0, the default, picks a free one. */
  httpsPort?: number;
  mqttPort?: number;
  amqpPort?: number;
  /** Seconds that a device is told to wait between register and poll; 0 by default, Azure's pace is 3. */
  retryAfter?: number;
  /** Whether more than the documented rates is answered with 429; other rates than those where they are given. */
  quotas?: boolean | Partial<QuotaLimits>;
  /** What is there at the start, and again after a reset. */
  seed?: EmulatorSeed;
  /** The clock that the emulator's own follows. */
  now?: () => Date;
  log?: EmulatorLog;
  /** Called when `enrollkit emulator stop` asks for it; without, that command is told that it may not. */
  onStopRequest?: () => void;
}

export interface Emulator {
  readonly endpoints: EmulatorEndpoints;
  /** By which certificates and tokens are judged and records are dated. TLS itself goes by the computer's clock. */
  readonly clock: EmulatorClock;
  /**
   * Empties the state, but for what its seed has, and ends every connection to a device. Names, ID scope, keys, ports and the TLS root stay, and so
   * do the endpoints. The clock follows the computer's again.
   */
  reset(): Promise<void>;
  /** The last messages that devices sent to their hub, of one device or of all, oldest first; 100 of each are kept. */
  messages(deviceId?: string): DeviceMessage[];
  /** Ends every connection, closes the state, and gives the folder back. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a local DPS with one linked hub. Everything that it answers with success is stored by then.
 *
 * @throws EnrollkitError PORT_IN_USE, EMULATOR_STATE_IN_USE, EMULATOR_STATE_UNREADABLE, FILE_UNWRITABLE, INVALID_SEED
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const opened: Closer[] = [];
  const serving: Closer[] = [];
  const clock = new EmulatorClock(options.now);
  const feed = new MessageFeed();
  // One after the other: a stop waits until a reset is through.
  let busy: Promise<unknown> = Promise.resolve();
  const inTurn = <Result>(act: () => Promise<Result>): Promise<Result> => {
    const result = busy.then(act);
    busy = result.catch(() => {});
    return result;
  };
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= inTurn(async () => {
      try {
        await closeAll(serving);
      } finally {
        await closeAll(opened);
      }
    });
    return stopped;
  };
  try {
    const resources = await open(options, opened);
    const reset = (): Promise<void> =>
      inTurn(async () => {
        if (stopped) throw new Error('the emulator has stopped');
        await closeAll(serving);
        emptyState(resources.database);
        clock.reset();
        await serve({ ...options, ...portsOf(endpoints) }, resources, { clock, reset, feed }, serving);
      });
    const endpoints = await serve(options, resources, { clock, reset, feed }, serving);
    const messages = (deviceId?: string) => feed.kept(deviceId);
    return { endpoints, clock, reset, messages, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function portsOf({ ports }: EmulatorEndpoints): Partial<EmulatorOptions> {
  return { httpsPort: ports.https, mqttPort: ports.mqtt, amqpPort: ports.amqp };
}

/** What an emulator has for as long as it runs, also through a reset. */
interface Resources {
  /** Absolute; undefined when all is kept in memory. */
  folder: string | undefined;
  database: StateDatabase;
  server: ServerIdentity;
  /** Where clients find the roots. */
  published: string;
}

async function open({ dir, host = 'localhost' }: EmulatorOptions, closers: Closer[]): Promise<Resources> {
  const folder = dir === ':memory:' ? undefined : emulatorFolder(dir);
  if (folder !== undefined) {
    ensureFolder(folder);
    closers.push(lockFolder(folder));
    // Of a process that was killed.
    removeEndpoints(folder);
  }
  const database = openState(folder ?? ':memory:');
  closers.push(() => closeState(database));
  // TLS is judged by the clients' clock, whatever clock the emulator is given.
  const server = await openServerIdentity({ folder, host, now: new Date() });
  return { folder, database, server, published: publishedFolder(folder, closers) };
}

/** Opens the planes and their listeners. */
async function serve(
  {
    host = 'localhost',
    httpsPort = 0,
    mqttPort = 0,
    amqpPort = 0,
    retryAfter = 0,
    log = () => {},
    quotas: limits = false,
    seed,
    onStopRequest,
  }: EmulatorOptions,
  { folder, database, server, published }: Resources,
  { clock, reset, feed }: Pick<Emulator, 'clock' | 'reset'> & { feed: MessageFeed },
  closers: Closer[],
): Promise<EmulatorEndpoints> {
  const { now } = clock;
  const identity = readIdentity(database);
  const policies = readPolicies(database, 'dps');
  const hubPolicies = readPolicies(database, firstHubId);
  const names = new HostNames(host, identity.dpsName);
  const certificates = new Certificates(database);
  const groups = new EnrollmentGroups(database);
  const individuals = new IndividualEnrollments(database);
  const records = new RegistrationRecords(database);
  const hubs = new LinkedHubs(database);
  const hub = openHub(database, now, () =>
    certificates.list().flatMap(({ verified, der }) => (verified ? [der] : [])),
  );
  feed.hubs = [{ hubId: firstHubId, messages: hub.messages }];
  const issuing = new IssuingAuthorities(database, now);
  const attestation = new Attestation({ certificates, groups, individuals, now });
  const quotas = new Quotas(limitsOf(limits), now);
  const registrations = new Registrations({
    idScope: identity.idScope,
    attestation,
    records,
    hubs,
    hubDevices: hub.devices,
    quotas,
    issuing,
    now,
  });

  const tokens = new AccessTokens(identity.armToken, now);
  const app = createApp({
    planes: [
      armPlane({ identity, tokens, policies, certificates, hubs, names, now }),
      servicePlane({
        policies,
        tokens,
        names,
        certificates,
        groups,
        individuals,
        records,
        hubs,
        quotas,
        now,
      }),
      devicePlane({ registrations, retryAfter, names, now }),
    ],
    others: [
      hubRoutes({ hub, policies: () => hubPolicies, hostNames: () => names.hubAliases, now, log }),
      tokenEndpoint({ tokens, names, now, log }),
      controlRoutes({ tokens, clock, reset, log, onStopRequest, feed }),
    ],
    now,
    log,
  });
  const addresses = bindAddresses(host);
  const tls = server.tlsOptions;
  const device = { registrations, hub, hubHostName: () => names.hub, retryAfter, now, log };
  const amqp = createAmqpServer(device);
  closers.push(() => amqp.close());
  const mqtt = await startMqtt({ ...device, tls, hosts: addresses, port: mqttPort, amqp: amqp.accept });
  closers.push(() => mqtt.close());
  const amqpListener = await startAmqpListener({ tls, addresses, port: amqpPort, amqp, mqtt });
  closers.push(() => amqpListener.close());
  const https = await startHttps({
    tls,
    addresses,
    port: httpsPort,
    app,
    webSockets: { mqtt: mqtt.accept, AMQPWSB10: amqp.accept, amqp: amqp.accept },
  });
  closers.push(() => https.close());
  names.ports = { https: https.port, mqtt: mqtt.port, amqp: amqpListener.port };
  hubs.name(firstHubId, names.hub);
  if (seed) applySeed(seed, { certificates, groups, individuals, hubs, now });

  const endpoints: EmulatorEndpoints = {
    armEndpoint: `https://${names.service}`,
    ...identityFields(identity),
    serviceConnectionString: connectionString(names.service, policies, ownerPolicy),
    globalDeviceEndpoint: names.service,
    hubHostName: names.hub,
    hubServiceConnectionString: connectionString(names.service, hubPolicies, hubOwnerPolicy),
    caFile: publish(published, rootFileName, server.rootPem),
    issuingRootFile: publish(published, issuingRootFileName, (await issuing.root()).certificate),
    ports: names.ports,
  };
  if (folder !== undefined) {
    writeEndpoints(folder, endpoints);
    closers.push(() => removeEndpoints(folder));
  }
  return endpoints;
}

function limitsOf(quotas: NonNullable<EmulatorOptions['quotas']>): QuotaLimits | undefined {
  if (quotas === false) return undefined;
  return quotas === true ? documentedLimits : { ...documentedLimits, ...quotas };
}

function identityFields({
  armToken,
  subscriptionId,
  resourceGroup,
  dpsName,
  idScope,
}: ReturnType<typeof readIdentity>) {
  return { armToken, subscriptionId, resourceGroup, dpsName, idScope };
}

function connectionString(hostName: string, policies: Policy[], keyName: string): string {
  const policy = policies.find((one) => one.keyName === keyName);
  if (!policy) throw new TypeError(`there is no policy ${keyName}`);
  return formatConnectionString({
    hostName,
    sharedAccessKeyName: keyName,
    sharedAccessKey: policy.primaryKey,
  });
}

/** Where clients find the roots: also an emulator that keeps no files of its own gives them out as files. */
function publishedFolder(folder: string | undefined, closers: Closer[]): string {
  if (folder !== undefined) return folder;
  const temporary = mkdtempSync(join(tmpdir(), 'enrollkit-emulator-'));
  closers.push(() => rmSync(temporary, { recursive: true, force: true }));
  return temporary;
}

/** @returns the path of the file */
function publish(folder: string, name: string, pem: string): string {
  const path = join(folder, name);
  if (readTextIfExists(path) !== pem) writeFileAtomically(path, pem, publicFileMode);
  return path;
}
