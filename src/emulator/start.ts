/** Starts the emulator: state, TLS, the planes, the listeners; and stops it again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatConnectionString } from '../dps/contract/connection-string.js';
import { hubNameProblem, serviceNameProblem } from '../dps/contract/ids.js';
import { EnrollkitError } from '../errors.js';
import { ensureFolder, publicFileMode, readTextIfExists, writeFileAtomically } from '../store/files.js';
import { AccessTokens } from './access-tokens.js';
import { startAmqpListener } from './amqp/listener.js';
import { createAmqpServer } from './amqp/server.js';
import { EmulatorClock } from './clock.js';
import { type Closer, closeAll } from './closers.js';
import { type EmulatorEndpoints, emulatorFolder, removeEndpoints, writeEndpoints } from './endpoints.js';
import type { EmulatorLog } from './events.js';
import { meant, type Ports } from './host-names.js';
import { createApp } from './http/app.js';
import { armPlane } from './http/arm/plane.js';
import { controlRoutes } from './http/control.js';
import { devicePlane } from './http/device.js';
import { hubsRoutes } from './http/hub-routes.js';
import { startHttps } from './http/listener.js';
import { servicePlane } from './http/service/plane.js';
import { tokenEndpoint } from './http/token-endpoint.js';
import { hubRoutes } from './hub/http.js';
import { HubDirectory, type IotHub, makeHubs } from './hub-directory.js';
import { type DeviceMessage, MessageFeed } from './message-feed.js';
import { startMqtt } from './mqtt/listener.js';
import { findPlaces } from './places.js';
import { documentedLimits, type QuotaLimits } from './quotas.js';
import { RegistrationRouter } from './registration-router.js';
import { applySeed } from './seed.js';
import type { EmulatorSeed } from './seed-schema.js';
import { linkHubs, makeServices, type ProvisioningService, ServiceDirectory } from './service-directory.js';
import type { StateDatabase } from './state/database.js';
import { StateDatabases } from './state/databases.js';
import { emptyState } from './state/empty.js';
import { hubOwnerPolicy, ownerPolicy, type Policy, readIdentity } from './state/identity.js';
import { issuingRootFileName } from './state/issuing-authorities.js';
import { lockFolder } from './state/lock.js';
import { ResourceGroups } from './state/resource-groups.js';
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
  /** Names of IoT hubs to be there; those of earlier starts stay. Without any, there is one. */
  hubs?: readonly string[];
  /** Names of provisioning services to be there; those of earlier starts stay. Without any, there is one. */
  services?: readonly string[];
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
        for (const database of resources.databases.all()) emptyState(database);
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
  databases: StateDatabases;
  server: ServerIdentity;
  /** Where clients find the roots. */
  published: string;
}

async function open(options: EmulatorOptions, closers: Closer[]): Promise<Resources> {
  const { dir, host = 'localhost' } = options;
  assertNames(options);
  const folder = dir === ':memory:' ? undefined : emulatorFolder(dir);
  if (folder !== undefined) {
    ensureFolder(folder);
    closers.push(lockFolder(folder));
    // Of a process that was killed.
    removeEndpoints(folder);
  }
  const databases = new StateDatabases(folder ?? ':memory:');
  closers.push(() => databases.close());
  makeAll(databases, options);
  // TLS is judged by the clients' clock, whatever clock the emulator is given.
  const server = await openServerIdentity({ folder, host, now: new Date() });
  return { folder, databases, server, published: publishedFolder(folder, closers) };
}

/** Makes the services and hubs that are asked for and are not there yet; a new one is linked to all of the others. */
function makeAll(
  databases: StateDatabases,
  { hubs: named = [], services = [], seed }: EmulatorOptions,
): void {
  const hubs = [...new Set([...named, ...(seed?.hubs ?? [])])];
  const { main } = databases;
  const before = main.prepare('SELECT number FROM provisioning_service').all() as { number: number }[];
  const identity = readIdentity(main, services[0]);
  const made = makeHubs(databases, hubs);
  for (const { number } of before) linkHubs(databases.of('service', number), made);
  const all = main.prepare('SELECT hub_id FROM iot_hub').all() as { hub_id: string }[];
  const hubIds = all.map((row) => row.hub_id);
  if (before.length === 0) linkHubs(main, hubIds);
  makeServices(databases, services, identity, hubIds);
}

/** @throws EnrollkitError USAGE */
function assertNames({ hubs = [], services = [], seed }: EmulatorOptions): void {
  for (const problem of [
    ...[...hubs, ...(seed?.hubs ?? [])].map(hubNameProblem),
    ...services.map(serviceNameProblem),
  ]) {
    if (problem) throw new EnrollkitError('USAGE', problem);
  }
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
  { folder, databases, server, published }: Resources,
  { clock, reset, feed }: Pick<Emulator, 'clock' | 'reset'> & { feed: MessageFeed },
  closers: Closer[],
): Promise<EmulatorEndpoints> {
  const { now } = clock;
  const { main } = databases;
  const identity = readIdentity(main);
  let ports: Ports = { https: 0, mqtt: 0, amqp: 0 };
  const places = await findPlaces(host, numbered(main));
  const shared = { databases, now, addressOf: places.addressOf, ports: () => ports };
  const hubs = new HubDirectory({
    ...shared,
    authorities: () =>
      services
        .list()
        .flatMap(({ certificates }) =>
          certificates.list().flatMap(({ verified, der }) => (verified ? [der] : [])),
        ),
  });
  feed.hubs = hubs.list().map(({ hubId, hub }) => ({ hubId, messages: hub.messages }));
  const services: ServiceDirectory = new ServiceDirectory({
    ...shared,
    hubs,
    limits: limitsOf(limits),
    subscriptionId: identity.subscriptionId,
    async openAddress(number, name) {
      const address = places.addressOf(number, name);
      return (await https.listenAt(address)) ? address : `${name}.localhost`;
    },
  });
  const registrations = new RegistrationRouter(services);
  // There is one of each at least: see makeHubs and readIdentity.
  const firstService = services.list()[0]!;
  const firstHub = hubs.list()[0]!;
  const { names } = firstService;
  const deviceHostName = () => names.https;

  const tokens = new AccessTokens(identity.armToken, now);
  const app = createApp({
    planes: [
      armPlane({
        subscriptionId: identity.subscriptionId,
        resourceGroups: new ResourceGroups(main),
        tokens,
        services,
        hubs,
        deviceHostName,
        now,
      }),
      servicePlane(services, { tokens, now }),
      devicePlane({ registrations, retryAfter, names, now }),
    ],
    others: [
      hubsRoutes(hubs.list(), ({ hub, policies, names: { aliases } }) =>
        hubRoutes({ hub, policies: () => policies, hostNames: () => aliases, now, log }),
      ),
      tokenEndpoint({ tokens, names, now, log }),
      controlRoutes({ tokens, clock, reset, log, onStopRequest, feed }),
    ],
    now,
    log,
  });
  const { addresses } = places;
  const tls = server.tlsOptions;
  const device = { registrations, retryAfter, now, log };
  const amqp = createAmqpServer({
    ...device,
    hubOf: (dialled) => hubs.named(meant(hubs.list(), dialled) ?? firstHub),
  });
  closers.push(() => amqp.close());
  const mqtt = await startMqtt({
    ...device,
    tls,
    hosts: addresses,
    port: mqttPort,
    hubOf(hostName) {
      const found = hubs.byName(hostName);
      return found && hubs.named(found);
    },
    amqp: amqp.accept,
  });
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
  ports = { https: https.port, mqtt: mqtt.port, amqp: amqpListener.port };
  for (const service of services.list()) service.hubs.noteNames();
  if (seed) {
    const hubCalled = (name?: string) => (name === undefined ? firstHub : hubs.byName(name))?.hub;
    applySeed(seed, { ...firstService, hubCalled, now });
  }

  const endpoints: EmulatorEndpoints = {
    armEndpoint: `https://${names.https}`,
    armToken: identity.armToken,
    ...firstService.identity,
    serviceConnectionString: serviceConnectionString(firstService),
    globalDeviceEndpoint: names.https,
    hubHostName: firstHub.names.mqtt,
    hubServiceConnectionString: hubConnectionString(firstHub),
    services: services.list().map((service) => ({
      name: service.identity.dpsName,
      idScope: service.identity.idScope,
      hostName: service.names.https,
      connectionString: serviceConnectionString(service),
    })),
    hubs: hubs.list().map((hub) => ({
      name: hub.hubId,
      hostName: hub.names.mqtt,
      serviceConnectionString: hubConnectionString(hub),
    })),
    caFile: publish(published, rootFileName, server.rootPem),
    issuingRootFile: publish(published, issuingRootFileName, (await firstService.issuing.root()).certificate),
    ports,
  };
  if (folder !== undefined) {
    writeEndpoints(folder, endpoints);
    closers.push(() => removeEndpoints(folder));
  }
  return endpoints;
}

/** The services and hubs that there are, by number. */
function numbered(main: StateDatabase): { number: number; name: string }[] {
  return main
    .prepare(
      'SELECT number, name_key AS name FROM provisioning_service UNION SELECT number, hub_id FROM iot_hub',
    )
    .all() as { number: number; name: string }[];
}

function limitsOf(quotas: NonNullable<EmulatorOptions['quotas']>): QuotaLimits | undefined {
  if (quotas === false) return undefined;
  return quotas === true ? documentedLimits : { ...documentedLimits, ...quotas };
}

function serviceConnectionString({ names, policies }: ProvisioningService): string {
  return connectionString(names.https, policies, ownerPolicy);
}

function hubConnectionString({ names, policies }: IotHub): string {
  return connectionString(names.https, policies, hubOwnerPolicy);
}

function connectionString(hostName: string, policies: readonly Policy[], keyName: string): string {
  // Its owner may have deleted the usual one.
  const policy = policies.find((one) => one.keyName === keyName) ?? policies[0];
  if (!policy) throw new TypeError('there is no policy');
  return formatConnectionString({
    hostName,
    sharedAccessKeyName: policy.keyName,
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
