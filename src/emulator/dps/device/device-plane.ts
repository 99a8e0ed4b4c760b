/** The device plane over HTTPS: register, poll, look up. The TLS handshake, or a token, says who is asking. */
import { routes } from '../../../dps/contract/routes.js';
import type { HttpPlane, OperationRequest } from '../../wire/http/operation.js';
import type { HostNames } from '../../wire/network/host-names.js';
import { toDpsErrorReply } from '../dps-error-reply.js';
import type { Registrations } from '../registration/registrations.js';

export interface DevicePlaneOptions {
  registrations: Registrations;
  /** Seconds that a device is told to wait while it is being assigned. */
  retryAfter: number;
  names: HostNames;
  now: () => Date;
}

export function devicePlane({ registrations, retryAfter, names, now }: DevicePlaneOptions): HttpPlane {
  const subject = 'registrationId';
  const deviceOf = ({ parameters, chain, header, apiVersion }: OperationRequest) => ({
    apiVersion,
    idScope: parameters.idScope!,
    registrationId: parameters.registrationId!,
    chain: chain(),
    authorization: header('authorization'),
  });
  const bodyOf = ({ body }: OperationRequest) => (body === undefined ? {} : body);
  return {
    name: 'device',
    operations: [
      {
        name: 'register',
        route: routes.device.register,
        subject,
        async handle(request) {
          const device = deviceOf(request);
          const body = await registrations.register({ ...device, body: bodyOf(request) });
          const location = `https://${names.https}/${device.idScope}/registrations/${encodeURIComponent(device.registrationId)}/register`;
          return { status: 202, body, headers: { 'retry-after': String(retryAfter), location } };
        },
      },
      {
        name: 'getOperation',
        route: routes.device.getOperation,
        subject,
        async handle(request) {
          const operationId = request.parameters.operationId!;
          return {
            status: 200,
            body: await registrations.getOperation({ ...deviceOf(request), operationId }),
          };
        },
      },
      {
        name: 'getRegistrationState',
        route: routes.device.getRegistration,
        subject,
        async handle(request) {
          return {
            status: 200,
            body: await registrations.getState({ ...deviceOf(request), body: bodyOf(request) }),
          };
        },
      },
    ],
    // The certificate of the handshake, or the token, is judged by the registrations themselves, for every transport alike.
    authorize() {},
    toErrorReply: (error, requestId) => toDpsErrorReply(error, requestId, now()),
  };
}
