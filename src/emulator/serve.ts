/** Puts an emulator's services and hubs on their listeners: HTTPS, MQTT and AMQP. */
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { publicFileMode, readTextIfExists, writeFileAtomically } from '../workspace/files.js';
import { AccessTokens } from './access/access-tokens.js';
import { tokenEndpoint } from './access/token-endpoint.js';
import type { EmulatorClock } from './clock.js';
import { controlRoutes } from './control/control-routes.js';
import type { MessageFeed } from './control/message-feed.js';
import { describeEndpoints } from './describe-endpoints.js';
import { identifyMqttClient, loadAmqpNodes } from './device-protocols.js';
import { armPlane } from './dps/arm/arm-plane.js';
import { devicePlane } from './dps/device/device-plane.js';
import { documentedLimits, type QuotaLimits } from './dps/quotas.js';
import { RegistrationRouter } from './dps/registration/registration-router.js';
import { servicePlane } from './dps/service/service-plane.js';
import { ServiceDirectory } from './dps/service-directory.js';
import { issuingRootFileName } from './dps/state/issuing-authorities.js';
import { ResourceGroups } from './dps/state/resource-groups.js';
import { type EmulatorEndpoints, removeEndpoints, writeEndpoints } from './endpoints.js';
import { hubPlane } from './hub/http/hub-plane.js';
import { HubDirectory } from './hub/hub-directory.js';
import { maxMessageBytes } from './hub/messages.js';
import type { EmulatorOptions } from './options.js';
import type { Resources } from './resources.js';
import { applySeed } from './seed/seed.js';
import type { StateDatabase } from './state/database.js';
import { type Identity, readIdentity } from './state/identity.js';
import { startAmqpListener } from './wire/amqp/amqp-listener.js';
import { createAmqpServer } from './wire/amqp/amqp-server.js';
import type { Closer } from './wire/closers.js';
import { EventLog } from './wire/events.js';
import { createHttpApp, type HttpApp } from './wire/http/http-app.js';
import { type HttpsListener, startHttps } from './wire/http/https-listener.js';
import { startMqtt } from './wire/mqtt/mqtt-listener.js';
import { type Dialled, type Ports, resolveByHost } from './wire/network/host-names.js';
import { findPlaces, type Places } from './wire/network/places.js';
import { rootFileName } from './wire/tls/server-identity.js';

/** What outlives a reset. */
export interface ServeContext {
  clock: EmulatorClock;
  feed: MessageFeed;
  reset: () => Promise<void>;
}

/** What the listeners serve. */
interface World {
  services: ServiceDirectory;
  hubs: HubDirectory;
  registrations: RegistrationRouter;
  now: () => Date;
  log: EventLog;
}

/** What the listeners decide: set once they are open, before any client is answered. */
interface Listening {
  ports: Ports;
  https: HttpsListener | undefined;
}

/**
 * Opens the services and hubs of the state, and their listeners.
 *
 * @param closers filled as listeners are opened, also when a later one cannot be
 * @throws EnrollkitError PORT_IN_USE, PORT_NOT_PERMITTED, ADDRESS_UNUSABLE, FILE_UNWRITABLE, INVALID_SEED
 */
export async function serve(
  options: EmulatorOptions,
  resources: Resources,
  context: ServeContext,
  closers: Closer[],
): Promise<EmulatorEndpoints> {
  const { main } = resources.databases;
  const identity = readIdentity(main);
  const places = await findPlaces(options.host ?? 'localhost', numbered(main));
  const listening: Listening = { ports: { https: 0, mqtt: 0, amqp: 0 }, https: undefined };
  const world = openWorld(options, resources, context.clock, { identity, places, listening });
  context.feed.hubs = world.hubs.list().map(({ hubId, hub }) => ({ hubId, messages: hub.messages }));
  const app = createApp(world, options, resources, context, identity);
  await openListeners(world, options, { tls: resources.server.tlsOptions, places, app, listening }, closers);
  for (const { hubs } of world.services.list()) hubs.noteNames();
  if (options.seed) applySeed(options.seed, world);
  return publishEndpoints(world, identity, listening.ports, resources, closers);
}

function openWorld(
  { log = () => {}, quotas = false, fullChain = false }: EmulatorOptions,
  { databases }: Resources,
  { now }: EmulatorClock,
  { identity, places, listening }: { identity: Identity; places: Places; listening: Listening },
): World {
  const shared = { databases, now, addressOf: places.addressOf, ports: () => listening.ports };
  const hubs = new HubDirectory(shared);
  const services = new ServiceDirectory({
    ...shared,
    hubs,
    limits: limitsOf(quotas),
    fullChain,
    subscriptionId: identity.subscriptionId,
    async openAddress(number, name) {
      const address = places.addressOf(number, name);
      return (await listening.https?.listenAt(address)) ? address : `${name}.localhost`;
    },
  });
  hubs.authorities = () => services.verifiedAuthorities();
  return {
    services,
    hubs,
    registrations: new RegistrationRouter(services),
    now,
    log: new EventLog(log, now),
  };
}

function createApp(
  { services, hubs, registrations, now, log }: World,
  { retryAfter = 0, onStopRequest }: EmulatorOptions,
  { databases }: Resources,
  { clock, reset, feed }: ServeContext,
  { armToken, subscriptionId, resourceGroup }: Identity,
): HttpApp {
  const tokens = new AccessTokens(armToken, now);
  // An emulator starts with at least one: see readIdentity.
  const { names } = services.list()[0]!;
  const arm = armPlane({
    tokens,
    subscriptionId,
    resourceGroups: new ResourceGroups(databases.main),
    services,
    hubs,
    hubResourceGroup: resourceGroup,
    now,
  });
  const service = servicePlane({ services, tokens, now });
  const device = devicePlane({ registrations, retryAfter, deviceHostName: () => names.https, now });
  const hub = hubPlane({
    hubs: () => hubs.list(),
    acceptsBearer: (authorization) => tokens.accepts(authorization, 'hub'),
    now,
  });
  return createHttpApp({
    planes: [arm, service, device, hub],
    plainRoutes: [
      ...tokenEndpoint({ tokens, names, log }),
      ...controlRoutes({ tokens, clock, reset, log, onStopRequest, feed }),
    ],
    planeOf: (path) => (/^\/(subscriptions|providers)(\/|$)/i.test(path) ? arm : service),
    now,
    log,
  });
}

async function openListeners(
  world: World,
  { httpsPort = 0, mqttPort = 0, amqpPort = 0, retryAfter = 0 }: EmulatorOptions,
  { tls, places, app, listening }: { tls: TlsOptions; places: Places; app: HttpApp; listening: Listening },
  closers: Closer[],
): Promise<void> {
  const { hubs, log } = world;
  const { addresses } = places;
  const protocols = {
    ...world,
    retryAfter,
    hubByName: (hostName: string) => hubs.byName(hostName),
    // There is at least one: see makeHubs.
    hubByHost: (dialled: Dialled) => resolveByHost(hubs.list(), dialled)!,
  };
  const amqp = createAmqpServer({ load: () => loadAmqpNodes(protocols), maxMessageBytes, log });
  closers.push(() => amqp.close());
  const mqtt = await startMqtt({
    tls,
    addresses,
    port: mqttPort,
    identify: (connect) => identifyMqttClient(connect, protocols),
    maxMessageBytes,
    log,
    amqp: amqp.accept,
  });
  closers.push(() => mqtt.close());
  const amqpListener = await startAmqpListener({ tls, addresses, port: amqpPort, amqp, mqtt, log });
  closers.push(() => amqpListener.close());
  const webSockets = { mqtt: mqtt.accept, AMQPWSB10: amqp.accept, amqp: amqp.accept };
  const https = await startHttps({ tls, addresses, port: httpsPort, app, webSockets, log });
  closers.push(() => https.close());
  listening.https = https;
  listening.ports = { https: https.port, mqtt: mqtt.port, amqp: amqpListener.port };
}

/** Tells clients where everything is: the result of a start, and the files beside the state. */
async function publishEndpoints(
  { services, hubs }: World,
  { armToken }: Identity,
  ports: Ports,
  { folder, server, published }: Resources,
  closers: Closer[],
): Promise<EmulatorEndpoints> {
  const issuingRoot = (await services.list()[0]!.issuing.root()).certificate;
  const endpoints: EmulatorEndpoints = {
    ...describeEndpoints(armToken, services.list(), hubs.list()),
    caFile: publishFile(published, rootFileName, server.rootPem),
    issuingRootFile: publishFile(published, issuingRootFileName, issuingRoot),
    ports,
  };
  if (folder !== undefined) {
    writeEndpoints(folder, endpoints);
    closers.push(() => removeEndpoints(folder));
  }
  return endpoints;
}

/** The services and hubs of the state, by number. */
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

/** @returns the path of the file */
function publishFile(folder: string, name: string, pem: string): string {
  const path = join(folder, name);
  if (readTextIfExists(path) !== pem) writeFileAtomically(path, pem, publicFileMode);
  return path;
}
