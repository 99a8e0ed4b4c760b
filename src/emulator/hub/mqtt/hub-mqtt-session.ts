/**
 * A device connected to its hub over MQTT: telemetry, its twin, direct methods, messages to it.
 *
 * Source: Microsoft Learn, "Communicate with an IoT hub using the MQTT protocol".
 */
import { firstRenewalApiVersion } from '../../../dps/contract/api-versions.js';
import { hubTopics, parseHubUserName, parseTopic } from '../../../dps/contract/mqtt.js';
import { sha256Thumbprint } from '../../../pki/x509/certificate.js';
import type { EventLog, Outcome } from '../../wire/events.js';
import {
  type Candidate,
  type Connection,
  ConnectRefused,
  type ConnectRequest,
  type Reply,
  type Session,
  SessionViolation,
} from '../../wire/mqtt/mqtt-session.js';
import type { ServedApiVersions } from '../../wire/served-api-versions.js';
import { authMethodOf, hubRules, refusalOf, tokenExpiry } from '../authorize.js';
import type { HostedHub, Hub } from '../hub.js';
import { type MessageOrigin, maxMessageBytes, messageSize, parsePropertyBag } from '../messages.js';
import { TwinPatchError } from '../twin-limits.js';
import { parseTwinPatch } from '../twins.js';
import { cloudToDeviceDelivery } from './mqtt-cloud-to-device.js';
import { methodCalls } from './mqtt-methods.js';

export interface HubSessionOptions {
  /** The hub of a host name, with or without port. */
  hubByName: (hostName: string) => HostedHub | undefined;
  now: () => Date;
  versions: ServedApiVersions;
  log: EventLog;
}

const getTwinPath = parseTopic(hubTopics.getTwin('')).path;
const issueCertificatePath = parseTopic(hubTopics.issueCertificate('')).path;
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
  if (name.apiVersion !== undefined && !options.versions.serves('hub', 'mqtt', name.apiVersion)) {
    throw new ConnectRefused(
      'badUserName',
      `the api-version ${JSON.stringify(name.apiVersion)} is not known`,
    );
  }
  if (!name.deviceIds.includes(deviceId)) {
    throw new ConnectRefused('badUserName', 'the client ID is not the device ID of the user name');
  }
  const hosted = options.hubByName(name.hubHostName);
  if (hosted === undefined) {
    throw new ConnectRefused('notAuthorized', `there is no hub ${JSON.stringify(name.hubHostName)}`);
  }
  return {
    key: `hub/${hosted.hubId}/${deviceId}`,
    plane: 'hub',
    id: deviceId,
    async open(connection) {
      const { hub } = hosted;
      const device = hub.devices.get(deviceId);
      const proof = {
        ...hubRules(hosted),
        certificates: connect.certificates,
        authorization: connect.password,
      };
      const refusal = await refusalOf(device, proof, options.now());
      if (refusal !== undefined) throw new ConnectRefused('notAuthorized', refusal);
      if (hub.devices.get(deviceId)?.generationId !== device?.generationId) {
        throw new ConnectRefused('notAuthorized', 'the device was deleted in the meantime');
      }
      const { leaf } = connect.certificates;
      const thumbprint = leaf && sha256Thumbprint({ der: leaf });
      if (thumbprint !== undefined) hub.renewals.connectedWith(deviceId, thumbprint);
      // Of clients that name no version, the newest is not assumed: they may use these topics for something else.
      const renewsCertificates = (name.apiVersion ?? '').toLowerCase() >= firstRenewalApiVersion;
      const origin = { authMethod: authMethodOf(device, connect.password), modelId: name.modelId };
      const certificate = renewsCertificates ? { thumbprint } : undefined;
      return hubSession(connect, { deviceId, origin, certificate }, connection, hub, options.log);
    },
  };
}

interface ConnectedDevice {
  deviceId: string;
  origin: MessageOrigin;
  /** Present if the device's api-version has renewals: the certificate that it is connected with, if any. */
  certificate: { thumbprint: string | undefined } | undefined;
}

function hubSession(
  { clean, password }: ConnectRequest,
  { deviceId, origin, certificate }: ConnectedDevice,
  connection: Connection,
  hub: Hub,
  log: EventLog,
): Session {
  const reportForHub = log.for('hub', 'mqtt');
  const telemetryPath = hubTopics.telemetry(deviceId).replace(/\/$/, '');
  const messagesFilters = [hubTopics.cloudToDeviceMessages(deviceId), hubTopics.cloudToDeviceMessagesOfAny];
  const messages = cloudToDeviceDelivery(hub.cloudToDevice, deviceId, connection, () =>
    report({ operation: 'receiveMessage', status: 200 }),
  );
  const calls = methodCalls(hub.methods, deviceId, connection);
  let stopNotifying: (() => void) | undefined;
  /** What the device can subscribe to, and what a subscription starts and stops. */
  const subscriptions = new Map<string, { start(qos: 0 | 1): void; stop(): void }>([
    [hubTopics.twinResponses, { start() {}, stop() {} }],
    [
      hubTopics.desiredPropertiesChanged,
      {
        start(qos) {
          stopNotifying?.();
          stopNotifying = hub.twins.onDesiredChange(deviceId, (patch, version) => {
            const payload = JSON.stringify({ ...patch, $version: version });
            connection.send({
              topic: hubTopics.desiredPatch(version),
              payload,
              qos,
              operation: 'desiredChanged',
            });
          });
        },
        stop: () => stopNotifying?.(),
      },
    ],
    [hubTopics.methodCalls, calls],
    ...(certificate === undefined ? [] : [[hubTopics.credentialResponses, renewal()] as const]),
    ...messagesFilters.map((filter) => [filter, messages] as const),
  ]);
  // Microsoft Learn: without CleanSession, this subscription lasts until the device ends it or starts a clean session.
  if (clean) hub.subscriptions.end(deviceId);
  const keptQos = hub.subscriptions.get(deviceId);
  const ended = hub.devices.connections.open(deviceId, connection.drop, tokenExpiry(password));

  function report(outcome: Omit<Outcome, 'id'>): void {
    reportForHub({ ...outcome, id: deviceId });
  }

  /** The property bag in a topic of the device's telemetry; undefined for other topics. */
  function telemetryBag(topic: string): string | undefined {
    if (topic === telemetryPath) return '';
    return topic.startsWith(`${telemetryPath}/`) ? topic.slice(telemetryPath.length + 1) : undefined;
  }

  function telemetry(bag: string, body: Buffer, extraProperties: Record<string, string> = {}): undefined {
    if (isTooLarge(bag, body)) {
      throw new SessionViolation(`a message may hold at most ${maxMessageBytes} bytes`);
    }
    const { systemProperties, properties } = parsePropertyBag(bag);
    const message = { systemProperties, properties: { ...properties, ...extraProperties }, body };
    hub.messages.append(deviceId, message, origin);
    report({ operation: 'sendMessage', status: 200 });
  }

  function getTwin(requestId: string): Reply {
    const twin = hub.twins.get(deviceId);
    report({ operation: 'getTwin', status: twin ? 200 : 404 });
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
      report({ operation: 'patchReported', status });
      return { topic: hubTopics.twinResponse(status, requestId, version), payload: '' };
    } catch (error) {
      if (!(error instanceof TwinPatchError)) throw error;
      report({ operation: 'patchReported', status: 400, reason: error.message });
      return {
        topic: hubTopics.twinResponse(400, requestId),
        payload: JSON.stringify({ errorCode: 400, message: error.message }),
      };
    }
  }

  /** Delivers what became of a request for a certificate. */
  function renewal() {
    let stop = () => {};
    return {
      start(qos: 0 | 1) {
        stop();
        stop = hub.renewals.onOutcome(deviceId, (requestId, { status, body, reason }, delivered) => {
          report({ operation: 'issueCertificate', status, reason });
          const topic = hubTopics.credentialResponse(status, requestId);
          connection.send({ topic, payload: JSON.stringify(body), qos }, delivered);
        });
      },
      stop: () => stop(),
    };
  }

  function issueCertificate(requestId: string, payload: Buffer): Reply | undefined {
    // Without a request ID, there is nothing to answer to.
    if (requestId === '' || certificate === undefined) return undefined;
    const { thumbprint } = certificate;
    const { status, body, reason } = hub.renewals.request(deviceId, requestId, payload, thumbprint);
    report({ operation: 'issueCertificate', status, reason });
    return { topic: hubTopics.credentialResponse(status, requestId), payload: JSON.stringify(body) };
  }

  function answerMethod(topic: string, status: number, payload: Buffer): undefined {
    const requestId = parseTopic(topic).query.get('$rid') ?? '';
    const isExpected = hub.methods.respond(deviceId, requestId, status, payload);
    report({
      operation: 'answerMethod',
      ...(isExpected ? { status: 200 } : { status: 404, reason: 'no call waits for this answer' }),
    });
  }

  function operationOf(topic: string): string | undefined {
    if (telemetryBag(topic) !== undefined) return 'sendMessage';
    const { path } = parseTopic(topic);
    if (path === getTwinPath) return 'getTwin';
    if (path === patchReportedPath) return 'patchReported';
    return calls.statusOf(topic) === undefined ? undefined : 'answerMethod';
  }

  return {
    operationOf,
    refuse(topic, { status, message }) {
      const operation = operationOf(topic);
      if (operation !== 'getTwin' && operation !== 'patchReported') return undefined;
      report({ operation, status, reason: message });
      return {
        topic: hubTopics.twinResponse(status, requestIdOf(topic)),
        payload: JSON.stringify({ errorCode: status, message }),
      };
    },
    accepts(filter) {
      if (subscriptions.has(filter)) return true;
      if (/^devices\//.test(filter) && !filter.startsWith(`devices/${deviceId}/`)) {
        throw new SessionViolation(`a device may not subscribe to ${JSON.stringify(filter)}`);
      }
      return false;
    },
    publish(topic, payload, retain) {
      const bag = telemetryBag(topic);
      if (bag !== undefined) return telemetry(bag, payload, retain ? { 'mqtt-retain': 'true' } : {});
      const { path } = parseTopic(topic);
      const requestId = requestIdOf(topic);
      if (path === getTwinPath) return getTwin(requestId);
      if (path === patchReportedPath) return patchReported(requestId, payload);
      if (path === issueCertificatePath && certificate) return issueCertificate(requestId, payload);
      const methodStatus = calls.statusOf(topic);
      if (methodStatus !== undefined) return answerMethod(topic, methodStatus, payload);
      throw new SessionViolation(`a device may not publish to ${JSON.stringify(path)}`);
    },
    restored: keptQos === undefined ? [] : messagesFilters,
    opened() {
      if (keptQos !== undefined) messages.start(keptQos);
    },
    subscribed(filter, qos) {
      if (messagesFilters.includes(filter) && !clean) hub.subscriptions.keep(deviceId, qos);
      subscriptions.get(filter)?.start(qos);
    },
    unsubscribed(filter) {
      if (messagesFilters.includes(filter)) hub.subscriptions.end(deviceId);
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

function requestIdOf(topic: string): string {
  return /[?&]\$rid=([^&]*)/.exec(topic)?.[1] ?? '';
}

function isTooLarge(bag: string, body: Buffer): boolean {
  return messageSize({ ...parsePropertyBag(bag), body }) > maxMessageBytes;
}
