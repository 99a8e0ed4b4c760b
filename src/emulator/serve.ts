/** The planes of an emulator on their listeners: HTTPS, MQTT and AMQP. */
import { join } from 'node:path';
import { publicFileMode, readTextIfExists, writeFileAtomically } from '../workspace/files.js';
import { AccessTokens } from './access/access-tokens.js';
import { tokenEndpoint } from './access/token-endpoint.js';
import type { EmulatorClock } from './clock.js';
import type { MessageFeed } from './control/message-feed.js';
import { controlRoutes } from './control/routes.js';
import { describeEndpoints } from './describe-endpoints.js';
import { armPlane } from './dps/arm/arm-plane.js';
import { withExistence } from './dps/arm/existence.js';
import { devicePlane } from './dps/device/device-plane.js';
import { documentedLimits, type QuotaLimits } from './dps/quotas.js';
import { Registrations } from './dps/registration/registrations.js';
import { servicePlane } from './dps/service/service-plane.js';
import { ServiceDirectory } from './dps/service-directory.js';
import { issuingRootFileName } from './dps/state/issuing-authorities.js';
import { ResourceGroups } from './dps/state/resource-groups.js';
import { type EmulatorEndpoints, removeEndpoints, writeEndpoints } from './endpoints.js';
import { hubRoutes } from './hub/http/hub-plane.js';
import { hubsRoutes } from './hub/http/hub-routes.js';
import { HubDirectory } from './hub/hub-directory.js';
import type { EmulatorOptions } from './options.js';
import type { Resources } from './resources.js';
import { applySeed } from './seed/seed.js';
import type { StateDatabase } from './state/database.js';
import { readIdentity } from './state/identity.js';
import { startAmqpListener } from './wire/amqp/listener.js';
import { createAmqpServer } from './wire/amqp/server.js';
import type { Closer } from './wire/closers.js';
import type { EmulatorEvent } from './wire/events.js';
import { createApp } from './wire/http/app.js';
import { startHttps } from './wire/http/listener.js';
import { startMqtt } from './wire/mqtt/listener.js';
import { meant, type Ports } from './wire/network/host-names.js';
import { findPlaces } from './wire/network/places.js';
import { rootFileName } from './wire/tls/server-identity.js';

/**
 * Opens the planes and their listeners.
 *
 * @param closers filled as listeners are opened, also when one then cannot be
 * @throws EnrollkitError PORT_IN_USE, FILE_UNWRITABLE, INVALID_SEED
 */
export async function serve(
  {
    host = 'localhost',
    httpsPort = 0,
    mqttPort = 0,
    amqpPort = 0,
    retryAfter = 0,
    log = () => {},
    quotas: limits = false,
    fullChain = false,
    seed,
    onStopRequest,
  }: EmulatorOptions,
  { folder, databases, server, published }: Resources,
  { clock, reset, feed }: { clock: EmulatorClock; reset: () => Promise<void>; feed: MessageFeed },
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
    fullChain,
    subscriptionId: identity.subscriptionId,
    async openAddress(number, name) {
      const address = places.addressOf(number, name);
      return (await https.listenAt(address)) ? address : `${name}.localhost`;
    },
  });
  const registrations = new Registrations(services, now);
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
        hubResourceGroup: identity.resourceGroup,
        deviceHostName,
        now,
      }),
      servicePlane(services, { tokens, now }),
      devicePlane({ registrations, retryAfter, names, now }),
    ],
    others: [
      hubsRoutes(hubs.list(), ({ hub, policies, names: { aliases } }) =>
        hubRoutes({
          hub,
          policies: () => policies,
          acceptsBearer: (authorization) => tokens.accepts(authorization, 'hub'),
          hostNames: () => aliases,
          now,
          log,
        }),
      ),
      tokenEndpoint({ tokens, names, now, log }),
      controlRoutes({ tokens, clock, reset, log, onStopRequest, feed }),
    ],
    now,
    log,
  });
  app.fetch = withExistence(app.fetch);
  const { addresses } = places;
  const handshakeFailed = (transport: EmulatorEvent['transport']) => (reason: string) =>
    log({ at: now().toISOString(), plane: 'device', transport, operation: 'handshake', status: 400, reason });
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
    handshakeFailed: handshakeFailed('mqtt'),
  });
  closers.push(() => mqtt.close());
  const amqpListener = await startAmqpListener({
    ...{ tls, addresses, port: amqpPort, amqp, mqtt },
    handshakeFailed: handshakeFailed('amqp'),
  });
  closers.push(() => amqpListener.close());
  const https = await startHttps({
    tls,
    addresses,
    port: httpsPort,
    app,
    webSockets: { mqtt: mqtt.accept, AMQPWSB10: amqp.accept, amqp: amqp.accept },
    handshakeFailed: handshakeFailed('https'),
  });
  closers.push(() => https.close());
  ports = { https: https.port, mqtt: mqtt.port, amqp: amqpListener.port };
  for (const service of services.list()) service.hubs.recordNames();
  if (seed) applySeed(seed, { services, hubs, now });

  const issuingRoot = (await firstService.issuing.root()).certificate;
  const endpoints: EmulatorEndpoints = {
    ...describeEndpoints(identity.armToken, services.list(), hubs.list()),
    caFile: publish(published, rootFileName, server.rootPem),
    issuingRootFile: publish(published, issuingRootFileName, issuingRoot),
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

/** @returns the path of the file */
function publish(folder: string, name: string, pem: string): string {
  const path = join(folder, name);
  if (readTextIfExists(path) !== pem) writeFileAtomically(path, pem, publicFileMode);
  return path;
}
