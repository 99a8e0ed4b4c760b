/** The device plane over HTTPS: register, poll, look up. The TLS handshake, or a token, proves who the device is. */
import { routes } from '../../../dps/contract/routes.js';
import { bind, type OperationHandler, operationsOf } from '../../wire/http/operation.js';
import type { HttpPlane } from '../../wire/http/plane.js';
import type { HttpRequest } from '../../wire/http/request.js';
import type { ServedApiVersions } from '../../wire/served-api-versions.js';
import { dpsBodies, toDpsErrorReply } from '../dps-plane.js';
import type { RegistrationRequest } from '../registration/registration-request.js';
import { outcomeReason } from '../registration/registration-state.js';
import type { Registrations } from '../registration/registrations.js';

export interface DevicePlaneOptions {
  registrations: Registrations;
  /** Seconds that a device is told to wait while it is being assigned. */
  retryAfter: number;
  /** The host name that devices dial. */
  deviceHostName: () => string;
  versions: ServedApiVersions;
  now: () => Date;
}

const operations = operationsOf<typeof routes.device, OperationHandler<DevicePlaneOptions>>(routes.device, {
  register: {
    idParameter: 'registrationId',
    async handle(request, { registrations, retryAfter, deviceHostName }) {
      const device = deviceOf(request);
      const body = await registrations.register({ ...device, body: await bodyOf(request) });
      const path = `/${device.idScope}/registrations/${encodeURIComponent(device.registrationId)}/register`;
      return {
        status: 202,
        body,
        headers: { 'retry-after': String(retryAfter), location: `https://${deviceHostName()}${path}` },
      };
    },
  },
  getOperation: {
    idParameter: 'registrationId',
    async handle(request, { registrations, retryAfter }) {
      const operationId = request.parameters.operationId!;
      if (request.staysAssigning) {
        await registrations.getOperation({ ...deviceOf(request), operationId });
        const headers = { 'retry-after': String(retryAfter) };
        return { status: 202, body: { operationId, status: 'assigning' }, headers };
      }
      const body = await registrations.getOperation({ ...deviceOf(request), operationId });
      return { status: 200, body, reason: outcomeReason(body) };
    },
  },
  getRegistration: {
    name: 'getRegistrationState',
    idParameter: 'registrationId',
    async handle(request, { registrations }) {
      const body = await bodyOf(request);
      return { status: 200, body: await registrations.getState({ ...deviceOf(request), body }) };
    },
  },
});

/** The device plane; the ID scope in a path tells the provisioning services apart. */
export function devicePlane(options: DevicePlaneOptions): HttpPlane {
  return {
    name: 'device',
    operations: bind(operations, {
      find: () => options,
      // Registrations judge certificates and tokens themselves, the same for every transport.
      authorize() {},
    }),
    ...dpsBodies,
    speaks: (apiVersion) => options.versions.serves('device', 'https', apiVersion),
    toErrorReply: (error, requestId) => toDpsErrorReply(error, requestId, options.now()),
  };
}

function deviceOf(request: HttpRequest): RegistrationRequest {
  return {
    apiVersion: request.apiVersion,
    idScope: request.parameters.idScope!,
    registrationId: request.parameters.registrationId!,
    chain: request.certificates.chain,
    authorization: request.header('authorization'),
  };
}

/** An empty body is an object without fields. */
async function bodyOf(request: HttpRequest): Promise<unknown> {
  const body = await request.json();
  return body === undefined ? {} : body;
}
