/**
 * Devices connected to their hub over AMQP: the nodes below `/devices/{deviceId}/`, and `$cbs`, which takes tokens.
 *
 * Source: Microsoft Learn, "Communicate with your IoT hub by using the AMQP protocol"; azure-iot-device-amqp 1.14.4.
 */
import { apiVersionProperty, hubAmqp, parseDeviceAddress } from '../../../dps/contract/amqp.js';
import { parseSasToken } from '../../../dps/contract/sas.js';
import { sha256Thumbprint } from '../../../pki/x509/certificate.js';
import { AmqpError, asAmqpError } from '../../wire/amqp/amqp-error.js';
import type { AmqpClient, Attached, Link, Nodes } from '../../wire/amqp/node.js';
import type { EventLog } from '../../wire/events.js';
import type { ServedApiVersions } from '../../wire/served-api-versions.js';
import { authMethodOf, hubRules, refusalOf, tokenExpiry } from '../authorize.js';
import type { EndOfConnection } from '../connections.js';
import type { HostedHub } from '../hub.js';
import { cloudToDeviceNode } from './amqp-cloud-to-device.js';
import { methodsNode } from './amqp-methods.js';
import { isServiceAddress, serviceNodes } from './amqp-service-nodes.js';
import { telemetryNode } from './amqp-telemetry.js';
import { twinNode } from './amqp-twin.js';
import { claimsNode } from './claims-node.js';
import type { DeviceContext, DeviceNode } from './device-node.js';
import { isEventHubToken } from './event-access.js';
import { eventHubNodes, isEventHubUser } from './event-hub-nodes.js';

export interface HubNodesOptions {
  hub: HostedHub;
  versions: ServedApiVersions;
  now: () => Date;
  log: EventLog;
  /** Milliseconds after which a reader of events that gives no credit is ended; half an hour by default, as in Azure. */
  idleReaderTimeout?: number | undefined;
}

/** By the path below `/devices/{deviceId}/`, in lower case. */
const deviceNodes: Record<string, DeviceNode> = {
  'messages/events': telemetryNode,
  'messages/devicebound': cloudToDeviceNode,
  twin: twinNode,
  'methods/devicebound': methodsNode,
};

/** The links of a device on one connection. */
interface DeviceSession {
  nodes: Record<string, ReturnType<DeviceNode>>;
  links: Set<Link>;
  end(): void;
}

const endings: Record<EndOfConnection, () => AmqpError> = {
  'connected again': () => new AmqpError('linkStolen', 'The device has connected again.'),
  deleted: () => new AmqpError('notFound', 'The device was deleted.'),
  'no longer let in': () => new AmqpError('unauthorizedAccess', 'The device is not let in any more.'),
  'token expired': () => new AmqpError('unauthorizedAccess', 'The token has expired.'),
};

/** Microsoft Learn, "Control access to IoT Hub with SAS": a device is `{deviceId}@sas.{hub name}`. */
const plainUser = /^(.+)@sas\.[^@]+$/;

/**
 * Whether the user name and password of SASL PLAIN can be those of a device or of a back end: attaching a link checks the
 * signature.
 */
export function isHubUser(userName: string, password: string): boolean {
  if (isEventHubUser(userName, password)) return true;
  return plainUser.test(userName) && parseSasToken(password) !== undefined;
}

/** The nodes of a hub on one connection, which several devices may share. */
export function hubNodes(client: AmqpClient, options: HubNodesOptions): Nodes {
  const { hub: hosted, versions, now, log, idleReaderTimeout = 30 * 60_000 } = options;
  const { hub } = hosted;
  const report = log.for('hub', 'amqp');
  /** By device. */
  const tokens = new Map<string, string>();
  const sessions = new Map<string, DeviceSession>();

  async function refusalFor(
    deviceId: string,
    authorization: string | undefined,
  ): Promise<string | undefined> {
    const device = hub.devices.get(deviceId);
    const proof = { ...hubRules(hosted), certificates: client.certificates, authorization };
    const refusal = await refusalOf(device, proof, now());
    if (refusal !== undefined) return refusal;
    const same = hub.devices.get(deviceId)?.generationId === device?.generationId;
    return same ? undefined : 'the device was deleted in the meantime';
  }

  const isDevice = (deviceId: string) => hub.devices.get(deviceId) !== undefined;

  /** The device that a token names in `sr`: `{host}/devices/{deviceId}`. */
  function deviceOfToken(authorization: string): string | undefined {
    const resource = parseSasToken(authorization)?.resource;
    if (resource === undefined) return undefined;
    return parseDeviceAddress(`${resource.replace(/^[^/]*/, '')}/-`, isDevice)?.deviceId;
  }

  const backEnd = serviceNodes(client, { hub: hosted, now, report });
  /** The tokens for the Event Hub-compatible endpoint, by their resource. */
  const eventTokens = new Map<string, string>();
  const eventHub = eventHubNodes({
    hub: hosted,
    client,
    tokens: () => [...eventTokens.values(), ...backEnd.tokens()],
    now,
    report,
    idleReaderTimeout,
  });

  /** @returns why a token of a policy is refused, or undefined when it is good */
  function takePolicyToken(authorization: string): string | undefined {
    if (!isEventHubToken(authorization, hosted)) return backEnd.take(authorization);
    const problem = eventHub.problemOf(authorization);
    if (problem === undefined) {
      eventTokens.set(parseSasToken(authorization)!.resource.toLowerCase(), authorization);
    }
    return problem;
  }

  const claims = claimsNode({
    async take(authorization) {
      const deviceId = deviceOfToken(authorization);
      if (deviceId === undefined || parseSasToken(authorization)?.policyName) {
        const problem = takePolicyToken(authorization);
        report({ operation: 'putToken', id: '', status: problem === undefined ? 200 : 401, reason: problem });
        renewConnections();
        return problem;
      }
      const refusal = await refusalFor(deviceId, authorization);
      report({
        operation: 'putToken',
        id: deviceId,
        status: refusal === undefined ? 200 : 401,
        reason: refusal,
      });
      if (refusal === undefined) tokens.set(deviceId, authorization);
      renewConnections();
      return refusal;
    },
  });

  /** Devices that are connected with a token stay connected for as long as the new one is good. */
  function renewConnections(): void {
    for (const deviceId of sessions.keys()) {
      const token = tokenOf(deviceId);
      if (token !== undefined) hub.devices.connections.renewed(deviceId, tokenExpiry(token));
    }
  }

  function sessionOf(deviceId: string): DeviceSession {
    const open = sessions.get(deviceId);
    if (open) return open;
    const context: DeviceContext = {
      deviceId,
      hub,
      authMethod: () => authMethodOf(hub.devices.get(deviceId), tokenOf(deviceId)),
      report: (outcome) => report({ ...outcome, id: deviceId }),
    };
    const links = new Set<Link>();
    const ended = hub.devices.connections.open(
      deviceId,
      (why) => {
        sessions.delete(deviceId);
        for (const link of [...links]) link.close(endings[why]());
      },
      tokenExpiry(tokenOf(deviceId)),
    );
    const session: DeviceSession = {
      nodes: Object.fromEntries(Object.entries(deviceNodes).map(([name, node]) => [name, node(context)])),
      links,
      end() {
        if (sessions.get(deviceId) === session) sessions.delete(deviceId);
        ended();
      },
    };
    sessions.set(deviceId, session);
    return session;
  }

  function tokenOf(deviceId: string): string | undefined {
    const { userName = '', password } = client.plain ?? {};
    const own = plainUser.exec(userName)?.[1] === deviceId ? password : undefined;
    const path = `/devices/${encodeURIComponent(deviceId)}`;
    return tokens.get(deviceId) ?? own ?? backEnd.tokenFor('DeviceConnect', path);
  }

  /**
   * A token is good until it expires, and so are the links that it opened.
   *
   * @param opener the token that opened the link; a later one may have replaced it
   * @throws AmqpError
   */
  function assertFresh(deviceId: string, opener: string | undefined): void {
    const expiry = parseSasToken(tokenOf(deviceId) ?? opener ?? '')?.expiry;
    if (expiry !== undefined && expiry * 1000 < now().getTime()) {
      throw new AmqpError('unauthorizedAccess', 'The token has expired.');
    }
  }

  /** Handles messages of a link, while its token is good; messages that are rejected are reported. */
  function guarded(
    deviceId: string,
    opener: string | undefined,
    receive: NonNullable<Attached['receive']>,
  ): Attached['receive'] {
    return async (message, format) => {
      try {
        assertFresh(deviceId, opener);
        await receive(message, format);
      } catch (cause) {
        const error = asAmqpError(cause);
        const { status, reason } = error;
        report({ operation: 'sendMessage', id: deviceId, status, reason });
        throw error;
      }
    };
  }

  return {
    async attach(request) {
      const { address, direction, properties, link } = request;
      if (address === hubAmqp.claimsNode) return claims(request);
      if (isServiceAddress(address)) return backEnd.attach(request);
      const eventHubAddress = eventHub.find(address);
      if (eventHubAddress) return eventHub.attach(eventHubAddress, request);
      const { deviceId, node } = parseDeviceAddress(address, isDevice) ?? {};
      if (deviceId === undefined || node === undefined) {
        throw new AmqpError('notFound', 'There is no such node.');
      }
      const opener = tokenOf(deviceId);
      const refusal = await refusalFor(deviceId, opener);
      if (refusal !== undefined) {
        throw new AmqpError('unauthorizedAccess', 'Unauthorized', { reason: refusal });
      }
      const { leaf } = client.certificates;
      if (leaf) hub.renewals.connectedWith(deviceId, sha256Thumbprint({ der: leaf }));
      assertApiVersion(properties, versions);
      if (!Object.hasOwn(deviceNodes, node)) {
        throw new AmqpError('notImplemented', `Not implemented in this emulator: ${node.slice(0, 100)}.`);
      }
      const session = sessionOf(deviceId);
      const open = session.nodes[node]![direction];
      if (!open) {
        if (session.links.size === 0) session.end();
        throw new AmqpError('notAllowed', 'Messages go the other way here.');
      }
      const attached = open(link);
      session.links.add(link);
      return {
        ...attached,
        ...(attached.receive && { receive: guarded(deviceId, opener, attached.receive) }),
        closed() {
          attached.closed?.();
          session.links.delete(link);
          if (session.links.size === 0) session.end();
        },
      };
    },
  };
}

/**
 * Only some links of the SDKs name an api-version.
 *
 * @throws AmqpError argumentError
 */
function assertApiVersion(properties: Record<string, unknown>, versions: ServedApiVersions): void {
  const version = properties[apiVersionProperty];
  if (version === undefined) return;
  if (typeof version !== 'string' || !versions.serves('hub', 'amqp', version)) {
    throw new AmqpError('argumentError', 'ErrorCode:ArgumentInvalid;Unknown api version');
  }
}
