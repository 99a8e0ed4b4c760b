/** The device plane over MQTT. Source: Microsoft Learn, "Communicate with your DPS using the MQTT protocol". */
import { dpsTopics, dpsUserName } from '../contract/mqtt.js';
import type { DeviceTransport, DeviceTransportOptions } from './device-transport.js';
import { MqttSession } from './mqtt/session.js';

export async function openMqttTransport(options: DeviceTransportOptions): Promise<DeviceTransport> {
  const { target, idScope, registrationId, clientCertificate, apiVersion, signal } = options;
  const session = await MqttSession.open({
    plane: 'device',
    endpoint: target.deviceMqttEndpoint,
    clientId: registrationId,
    userName: dpsUserName(idScope, registrationId, apiVersion),
    clientCertificate,
    trust: target.trust,
    onRequest: target.onRequest,
    exchange: target.exchange,
    signal,
  });
  try {
    await session.subscribe(dpsTopics.responses);
  } catch (error) {
    await session.close();
    throw error;
  }
  const send = async (topicOf: (requestId: string) => string, body: string) => {
    const { status, retryAfter: seconds, payload } = await session.request(topicOf, body);
    const retryAfter = Number(seconds ?? Number.NaN);
    return {
      status,
      retryAfterMs: Number.isNaN(retryAfter) ? undefined : retryAfter * 1000,
      bodyText: payload,
    };
  };
  return {
    register: (body) => send(dpsTopics.register, JSON.stringify(body)),
    // A space, as the official SDKs send: some broker libraries drop empty payloads.
    getOperation: (operationId) => send((requestId) => dpsTopics.getOperation(requestId, operationId), ' '),
    close: () => session.close(),
  };
}
