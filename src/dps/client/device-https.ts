/** The device plane over HTTPS. Source: azure-rest-api-specs, deviceprovisioningservices device plane 2021-06-01. */

import type { PipelineResponse } from '@azure/core-rest-pipeline';
import { sentences } from '../../languages/language.js';
import { routes } from '../contract/routes.js';
import type { DeviceTransport, DeviceTransportOptions, TransportReply } from './device-transport.js';
import { HttpClient } from './http/client.js';
import { retryAfterMs } from './http/retry.js';

/** A registration state holds at most a custom allocation's payload and a chain of certificates. */
const maxReplyBytes = 1024 * 1024;

/** Over HTTPS, a device can also read its registration. */
export interface HttpsTransport extends DeviceTransport {
  getRegistration(): Promise<TransportReply>;
}

export function openHttpsTransport(options: DeviceTransportOptions): HttpsTransport {
  const { target, idScope, registrationId, clientCertificate, apiVersion, signal } = options;
  const http = new HttpClient({
    plane: 'device',
    endpoint: `https://${target.globalDeviceEndpoint}`,
    trust: target.trust,
    clientCertificate,
    onRequest: target.onRequest,
    exchange: target.exchange,
    now: target.now,
    maxReplyBytes,
  });
  const common = { subject: sentences.dpsClient.device(registrationId), apiVersion, signal };
  return {
    async register(body) {
      const parameters = { idScope, registrationId };
      return toReply(await http.exchange({ ...common, route: routes.device.register, parameters, body }));
    },
    async getOperation(operationId) {
      const parameters = { idScope, registrationId, operationId };
      return toReply(await http.exchange({ ...common, route: routes.device.getOperation, parameters }));
    },
    async getRegistration() {
      const parameters = { idScope, registrationId };
      const body = { registrationId };
      return toReply(
        await http.exchange({ ...common, route: routes.device.getRegistration, parameters, body }),
      );
    },
    async close() {
      http.close();
    },
  };
}

function toReply(response: PipelineResponse): TransportReply {
  return {
    status: response.status,
    retryAfterMs: retryAfterMs(response),
    bodyText: response.bodyAsText ?? '',
  };
}
