/** DPS and the hubs share the ports for MQTT and AMQP: user names and addresses tell which of them a client talks to. */
import { parseDeviceAddress, parseRegistrationAddress } from '../dps/contract/amqp.js';
import { isDpsUserName } from '../dps/contract/mqtt.js';
import { type DpsSessionOptions, dpsCandidate } from './dps/device/dps-mqtt-session.js';
import type { Registrations } from './dps/registration/registrations.js';
import type { HostedHub } from './hub/hub.js';
import { type HubSessionOptions, hubCandidate } from './hub/mqtt/hub-mqtt-session.js';
import type { AmqpNodes } from './wire/amqp/amqp-server.js';
import type { Nodes } from './wire/amqp/node.js';
import type { EventLog } from './wire/events.js';
import type { Candidate, ConnectRequest } from './wire/mqtt/mqtt-session.js';
import type { Dialled } from './wire/network/host-names.js';
import type { ServedApiVersions } from './wire/served-api-versions.js';

/**
 * The session that an MQTT client asks for.
 *
 * @throws ConnectRefused
 */
export function identifyMqttClient(
  connect: ConnectRequest,
  options: DpsSessionOptions & HubSessionOptions,
): Candidate {
  return isDpsUserName(connect.userName) ? dpsCandidate(connect, options) : hubCandidate(connect, options);
}

export interface AmqpNodesOptions {
  registrations: Pick<Registrations, 'register' | 'getOperation' | 'getState' | 'knowsIdScope'>;
  /** Seconds that a device is told to wait while it is being assigned. */
  retryAfter: number;
  versions: ServedApiVersions;
  /** The hub of the host name in a client's open frame, or of the address that it dialled. */
  hubByHost: (dialled: Dialled) => HostedHub;
  now: () => Date;
  log: EventLog;
  /** See HubNodesOptions. */
  idleReaderTimeout?: number | undefined;
}

/** The nodes of DPS and of every hub. Loads what is needed for AMQP only. */
export async function loadAmqpNodes(options: AmqpNodesOptions): Promise<AmqpNodes> {
  const [{ dpsNodes, isDpsUser }, { hubNodes, isHubUser }] = await Promise.all([
    import('./dps/device/dps-amqp-nodes.js'),
    import('./hub/amqp/hub-amqp-nodes.js'),
  ]);
  const { hubByHost, versions, now, log, idleReaderTimeout } = options;
  return {
    nodesFor(client) {
      const dps = dpsNodes(client, options);
      // Created with the first link to the hub: the open frame, which comes before any link, names the hub.
      let hub: Nodes | undefined;
      return {
        attach(request) {
          if (parseRegistrationAddress(request.address)) return dps.attach(request);
          hub ??= hubNodes(client, { hub: hubByHost(client.dialled), versions, now, log, idleReaderTimeout });
          return hub.attach(request);
        },
      };
    },
    acceptsPlain: (userName, password) => isDpsUser(userName, password) || isHubUser(userName, password),
    subjectOf(address) {
      const registration = parseRegistrationAddress(address);
      const id = registration?.registrationId ?? parseDeviceAddress(address)?.deviceId ?? address;
      // Only the links show what a connection is for.
      return { plane: registration || address === '' ? 'device' : 'hub', id };
    },
  };
}
