/** Opens an emulator's services and hubs, and puts them on its listeners: HTTPS, MQTT and AMQP. */
import type { TLSSocket } from 'node:tls';
import type { EmulatorClock } from './clock.js';
import type { Activity } from './console/activity.js';
import { startConsole } from './console/start-console.js';
import type { MessageFeed } from './control/message-feed.js';
import { openCore } from './core.js';
import { identifyMqttClient, loadAmqpNodes } from './device-protocols.js';
import { createEmulatorApps } from './emulator-app.js';
import { type EmulatorEndpoints, removeEndpoints } from './endpoints.js';
import type { EmulatorFaults } from './faults/control.js';
import { maxMessageBytes } from './hub/messages.js';
import type { EmulatorOptions } from './options.js';
import { publishEndpoints } from './publish-endpoints.js';
import type { Resources } from './resources.js';
import { applySeed } from './seed/seed.js';
import type { StateDatabase } from './state/database.js';
import { readIdentity } from './state/identity.js';
import { startAmqpListener } from './wire/amqp/amqp-listener.js';
import { createAmqpServer } from './wire/amqp/amqp-server.js';
import type { Closer } from './wire/closers.js';
import { startHttps } from './wire/http/https-listener.js';
import { answerWith } from './wire/http/send-reply.js';
import { startMqtt } from './wire/mqtt/mqtt-listener.js';
import { findHostAddresses, type NumberedHost } from './wire/network/host-addresses.js';
import { type Dialled, resolveByHost } from './wire/network/host-names.js';

/** What outlives a reset. */
export interface ServeContext {
  clock: EmulatorClock;
  feed: MessageFeed;
  faults: EmulatorFaults;
  reset: () => Promise<void>;
  activity: Activity;
}

/**
 * @param closers filled as listeners are opened, also when a later one cannot be
 * @throws EnrollkitError PORT_IN_USE, PORT_NOT_PERMITTED, ADDRESS_UNUSABLE, FILE_UNWRITABLE, INVALID_SEED
 */
export async function serve(
  options: EmulatorOptions,
  resources: Resources,
  { clock, feed, faults, reset, activity }: ServeContext,
  closers: Closer[],
): Promise<EmulatorEndpoints> {
  const { host, httpsPort = 0, mqttPort = 0, amqpPort = 0, retryAfter = 0 } = options;
  const { databases } = resources;
  const identity = readIdentity(databases.main);
  const addresses = await findHostAddresses(host, numberedHosts(databases.main));
  const { subscriptionId } = identity;
  const core = openCore({
    ...options,
    databases,
    clock,
    subscriptionId,
    addresses,
    onVerdict: activity.addVerdict,
  });
  const { hubs, services, log, listening } = core;
  hubs.onConnection = () => activity.changed();
  feed.hubs = () => hubs.list().map(({ hubId, hub }) => ({ hubId, messages: hub.messages }));

  const protocols = {
    ...core,
    retryAfter,
    hubByName: (hostName: string) => hubs.byName(hostName),
    hubByHost: (dialled: Dialled) => resolveByHost(hubs.list(), dialled) ?? hubs.withoutDevices,
  };
  const { tlsOptions: tls, faultyTls } = resources.server;
  const listener = { tls, faultyTls, faults, addresses: addresses.all, log };
  const amqp = createAmqpServer({ load: () => loadAmqpNodes(protocols), maxMessageBytes, log, faults });
  closers.push(() => amqp.close());
  const others = {
    amqp: (socket: TLSSocket) => amqp.accept(socket, socket),
    // The last listener that opens: until then, nobody knows the ports.
    https: (socket: TLSSocket) => (listening.https ? listening.https.accept(socket) : socket.destroy()),
  };
  const mqtt = await startMqtt({
    ...listener,
    port: mqttPort,
    identify: (connect) => identifyMqttClient(connect, protocols),
    maxMessageBytes,
    others,
  });
  closers.push(() => mqtt.close());
  const accepting = { ...others, mqtt: (socket: TLSSocket) => mqtt.accept(socket, socket) };
  const amqpListener = await startAmqpListener({ ...listener, port: amqpPort, protocols: accepting });
  closers.push(() => amqpListener.close());
  const { onStopRequest } = options;
  let isOpen = false;
  const apps = createEmulatorApps(core, {
    identity,
    database: databases.main,
    retryAfter,
    clock,
    reset,
    onStopRequest,
    feed,
    faults,
    isOpen: () => isOpen,
  });
  const page = await startConsole(core, {
    armToken: identity.armToken,
    apps,
    clock,
    faults,
    activity,
    port: options.consolePort ?? 0,
  });
  closers.push(() => page.close());
  const https = await startHttps({
    ...listener,
    port: httpsPort,
    answer: page.before(answerWith(apps.app)),
    webSockets: { mqtt: mqtt.accept, AMQPWSB10: amqp.accept, amqp: amqp.accept },
  });
  closers.push(() => https.close());

  listening.https = https;
  listening.listenAt = async (address) => {
    const opened = await Promise.all([https, mqtt, amqpListener].map((one) => one.listenAt(address)));
    return opened.every(Boolean);
  };
  listening.ports = { https: https.port, mqtt: mqtt.port, amqp: amqpListener.port };
  for (const service of services.list()) service.hubs.recordNames();
  if (options.seed) applySeed(options.seed, core);
  const publish = async () => {
    const { armToken } = identity;
    const endpoints = await publishEndpoints(core, { armToken, consoleUrl: page.url }, resources);
    page.endpoints = endpoints;
    return endpoints;
  };
  const { folder } = resources;
  if (folder !== undefined) closers.push(() => removeEndpoints(folder));
  // For commands that look for a service or a hub that was created meanwhile.
  const publishAgain = async () => {
    if (services.list().length > 0 && hubs.list().length > 0) await publish();
  };
  services.onChange = publishAgain;
  hubs.onChange = publishAgain;
  const endpoints = await publish();
  isOpen = true;
  return endpoints;
}

/** The services and hubs of the state. */
function numberedHosts(main: StateDatabase): NumberedHost[] {
  return main
    .prepare(
      'SELECT number, name_key AS name FROM provisioning_service UNION SELECT number, hub_id FROM iot_hub',
    )
    .all() as NumberedHost[];
}
