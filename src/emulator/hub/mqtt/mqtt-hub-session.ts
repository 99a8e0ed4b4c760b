/**
 * A device connected to its hub over MQTT: telemetry, its twin, direct methods, messages to it.
 *
 * Source: Microsoft Learn, "Communicate with an IoT hub using the MQTT protocol".
 */
import { isKnownApiVersion } from '../../../dps/contract/api-versions.js';
import { hubTopics, parseTopic } from '../../../dps/contract/mqtt.js';
import { parseHubUserName } from '../../dps/device/user-name.js';
import type { EmulatorLog } from '../../wire/events.js';
import {
  type Candidate,
  type Connection,
  ConnectRefused,
  type ConnectRequest,
  type Reply,
  type Session,
  SessionViolation,
} from '../../wire/mqtt/session.js';
import { refusalOf, tokenExpiry } from '../authorize.js';
import type { Hub, NamedHub } from '../hub.js';
import { maxMessageBytes, messageSize, parsePropertyBag } from '../messages.js';
import { TwinPatchError } from '../twin-limits.js';
import { parseTwinPatch } from '../twins.js';
import { cloudToDeviceDelivery } from './mqtt-cloud-to-device.js';
import { methodCalls } from './mqtt-methods.js';

export interface HubSessionOptions {
  /** The hub of a host name, with or without port. */
  hubOf: (hostName: string) => NamedHub | undefined;
  now: () => Date;
  log: EmulatorLog;
}

const getTwinPath = parseTopic(hubTopics.getTwin('')).path;
const patchReportedPath = parseTopic(hubTopics.patchReported('')).path;

/** @throws ConnectRefused */
export function hubCandidate(connect: ConnectRequest, options: HubSessionOptions): Candidate {
  const name = parseHubUserName(connect.userName);
  if (name === undefined) {
    throw new ConnectRefused(
      'badUserName',
      'the user name is not {hubHostName}/{deviceId}/?api-version={version}',
    );
  }
  const deviceId = connect.clientId;
  if (name.apiVersion !== undefined && !isKnownApiVersion('hub', name.apiVersion)) {
    throw new ConnectRefused(
      'badUserName',
      `the api-version ${JSON.stringify(name.apiVersion)} is not known`,
    );
  }
  if (!name.deviceIds.includes(deviceId)) {
    throw new ConnectRefused('badUserName', 'the client ID is not the device ID of the user name');
  }
  const named = options.hubOf(name.hubHostName);
  if (named === undefined) {
    throw new ConnectRefused('notAuthorized', `there is no hub ${JSON.stringify(name.hubHostName)}`);
  }
  return {
    key: `hub/${named.hubId}/${deviceId}`,
    plane: 'hub',
    id: deviceId,
    async open(connection) {
      const { devices } = named.hub;
      const device = devices.get(deviceId);
      const { chain, password: authorization } = connect;
      const proof = {
        chain,
        authorization,
        hostNames: named.hostNames(),
        policies: named.policies(),
        authorities: named.hub.authorities(),
      };
      const refusal = await refusalOf(device, proof, options.now());
      if (refusal !== undefined) throw new ConnectRefused('notAuthorized', refusal);
      if (devices.get(deviceId)?.generationId !== device?.generationId) {
        throw new ConnectRefused('notAuthorized', 'the device was deleted meanwhile');
      }
      return hubSession(connect, deviceId, connection, named.hub, options);
    },
  };
}

function hubSession(
  { clean, password }: ConnectRequest,
  deviceId: string,
  connection: Connection,
  hub: Hub,
  { now, log }: HubSessionOptions,
): Session {
  const telemetryPath = hubTopics.telemetry(deviceId).replace(/\/$/, '');
  const messagesFilter = hubTopics.cloudToDeviceMessages(deviceId);
  const messages = cloudToDeviceDelivery(hub.cloudToDevice, deviceId, connection, () =>
    note('receiveMessage', 200),
  );
  const calls = methodCalls(hub.methods, deviceId, connection);
  let forgetDesired: (() => void) | undefined;
  /** What the device may subscribe to, and what then begins and ends. */
  const subscriptions = new Map<string, { start(qos: 0 | 1): void; stop(): void }>([
    [hubTopics.twinResponses, { start() {}, stop() {} }],
    [
      hubTopics.desiredPropertiesChanged,
      {
        start(qos) {
          forgetDesired?.();
          forgetDesired = hub.twins.onDesiredChange(deviceId, (patch, version) => {
            const payload = JSON.stringify({ ...patch, $version: version });
            connection.send({ topic: hubTopics.desiredPatch(version), payload, qos });
          });
        },
        stop: () => forgetDesired?.(),
      },
    ],
    [hubTopics.methodCalls, calls],
    [messagesFilter, messages],
  ]);
  // Microsoft Learn: without CleanSession, this subscription lasts until the device ends it, or begins anew.
  if (clean) hub.subscriptions.end(deviceId);
  const keptQos = hub.subscriptions.get(deviceId);
  const ended = hub.devices.connections.open(deviceId, connection.drop, tokenExpiry(password));

  function note(operation: string, status: number, reason?: string) {
    const event = {
      at: now().toISOString(),
      plane: 'hub',
      transport: 'mqtt',
      operation,
      id: deviceId,
      status,
    } as const;
    log(reason === undefined ? event : { ...event, reason });
  }

  /** @returns the property bag of a topic of the device's telemetry */
  function telemetryBag(topic: string): string | undefined {
    if (topic === telemetryPath) return '';
    return topic.startsWith(`${telemetryPath}/`) ? topic.slice(telemetryPath.length + 1) : undefined;
  }

  function telemetry(bag: string, body: Buffer, more: Record<string, string> = {}): undefined {
    if (isTooLarge(bag, body)) {
      throw new SessionViolation(`a message may hold at most ${maxMessageBytes} bytes`);
    }
    const { systemProperties, properties } = parsePropertyBag(bag);
    hub.messages.append(deviceId, { systemProperties, properties: { ...properties, ...more }, body });
    note('sendMessage', 200);
  }

  function getTwin(requestId: string): Reply {
    const twin = hub.twins.get(deviceId);
    note('getTwin', twin ? 200 : 404);
    if (!twin) return { topic: hubTopics.twinResponse(404, requestId), payload: '' };
    const { desired, reported } = twin;
    return {
      topic: hubTopics.twinResponse(200, requestId),
      payload: JSON.stringify({
        desired: { ...desired.properties, $version: desired.version },
        reported: { ...reported.properties, $version: reported.version },
      }),
    };
  }

  function patchReported(requestId: string, payload: Buffer): Reply {
    try {
      const version = hub.twins.patchReported(deviceId, parseTwinPatch(payload));
      const status = version === undefined ? 404 : 204;
      note('patchReported', status);
      return { topic: hubTopics.twinResponse(status, requestId, version), payload: '' };
    } catch (error) {
      if (!(error instanceof TwinPatchError)) throw error;
      note('patchReported', 400, error.message);
      return {
        topic: hubTopics.twinResponse(400, requestId),
        payload: JSON.stringify({ errorCode: 400, message: error.message }),
      };
    }
  }

  function answerMethod(topic: string, status: number, payload: Buffer): undefined {
    const requestId = parseTopic(topic).query.get('$rid') ?? '';
    const expected = hub.methods.respond(deviceId, requestId, status, payload);
    if (expected) note('answerMethod', 200);
    else note('answerMethod', 404, 'no call waits for this answer');
  }

  return {
    accepts(filter) {
      if (/^devices\//.test(filter) && !filter.startsWith(`devices/${deviceId}/`)) {
        throw new SessionViolation(`a device may not subscribe to ${JSON.stringify(filter)}`);
      }
      return subscriptions.has(filter);
    },
    publish(topic, payload, retain) {
      const bag = telemetryBag(topic);
      if (bag !== undefined) return telemetry(bag, payload, retain ? { 'mqtt-retain': 'true' } : {});
      const { path } = parseTopic(topic);
      const requestId = /[?&]\$rid=([^&]*)/.exec(topic)?.[1] ?? '';
      if (path === getTwinPath) return getTwin(requestId);
      if (path === patchReportedPath) return patchReported(requestId, payload);
      const methodStatus = calls.statusOf(topic);
      if (methodStatus !== undefined) return answerMethod(topic, methodStatus, payload);
      throw new SessionViolation(`a device may not publish to ${JSON.stringify(path)}`);
    },
    restored: keptQos === undefined ? [] : [messagesFilter],
    opened() {
      if (keptQos !== undefined) messages.start(keptQos);
    },
    subscribed(filter, qos) {
      if (filter === messagesFilter && !clean) hub.subscriptions.keep(deviceId, qos);
      subscriptions.get(filter)?.start(qos);
    },
    unsubscribed(filter) {
      if (filter === messagesFilter) hub.subscriptions.end(deviceId);
      subscriptions.get(filter)?.stop();
    },
    will(topic, payload) {
      const bag = telemetryBag(topic);
      if (bag === undefined || isTooLarge(bag, payload) || !hub.devices.get(deviceId)) return;
      telemetry(bag, payload, { 'iothub-MessageType': 'Will' });
    },
    closed() {
      ended();
      for (const { stop } of subscriptions.values()) stop();
    },
  };
}

function isTooLarge(bag: string, body: Buffer): boolean {
  return messageSize({ ...parsePropertyBag(bag), body }) > maxMessageBytes;
}
