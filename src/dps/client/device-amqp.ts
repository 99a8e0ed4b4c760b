/** The device plane over AMQP. Source: azure-iot-provisioning-device-amqp 1.9.1, which Azure's documentation refers to. */
import { dpsAmqp } from '../contract/amqp.js';
import { type Properties, RequestLink } from './amqp/request-link.js';
import type { DeviceTransport, DeviceTransportOptions, TransportReply } from './device-transport.js';
import { direct, type ExchangeReply } from './exchange.js';

export async function openAmqpTransport(options: DeviceTransportOptions): Promise<DeviceTransport> {
  const { target, idScope, registrationId, clientCertificate, apiVersion, signal } = options;
  const { onRequest, exchange = direct, trust, deviceAmqpEndpoint: endpoint } = target;
  const address = `${idScope}/registrations/${registrationId}`;
  const link = new RequestLink({
    plane: 'device',
    endpoint,
    clientId: registrationId,
    address,
    apiVersion,
    clientCertificate,
    trust,
    signal,
  });
  const send = async (operation: string, properties: Properties, body: string): Promise<TransportReply> => {
    const what = [operation, ...Object.entries(properties).map(([name, value]) => `${name}=${value}`)];
    const url = `amqps://${endpoint} ${address} ${what.join(' ')}`;
    const common = { plane: 'device', method: 'SEND', url } as const;
    const started = performance.now();
    const report = (outcome: { status: number } | { failure: string }) =>
      onRequest?.({ ...common, attempt: 1, elapsedMs: performance.now() - started, ...outcome });
    try {
      const reply = await exchange({ ...common, clientId: registrationId, headers: {}, body }, () =>
        link.request({ [dpsAmqp.operationType]: operation, ...properties }, body),
      );
      report({ status: reply.status });
      return transportReply(reply);
    } catch (error) {
      report({ failure: (error as { code?: string }).code ?? 'failed' });
      throw signal.aborted ? signal.reason : error;
    }
  };
  return {
    register: (body) => send(dpsAmqp.register, {}, JSON.stringify(body)),
    getOperation: (operationId) => send(dpsAmqp.getOperation, { [dpsAmqp.operationId]: operationId }, ''),
    close: () => link.close(),
  };
}

function transportReply({ status, headers, body }: ExchangeReply): TransportReply {
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  return {
    status,
    retryAfterMs: Number.isNaN(seconds) ? undefined : seconds * 1000,
    bodyText: body,
  };
}
