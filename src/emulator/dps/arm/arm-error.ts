/** Errors of the ARM plane: DPS's own flat body, and the gateway's nested one, so that every parser finds its own. */
import { apiVersions } from '../../../dps/contract/api-versions.js';
import type { ArmErrorBody, DpsErrorName } from '../../../dps/contract/wire-error.js';
import type { ErrorReply } from '../../wire/http/plane.js';
import { toDpsError } from '../dps-error.js';

/** Code and the name of the HTTP status, for every status that the plane answers. */
const kinds = {
  badRequest: { status: 400, code: 'BadRequest', httpStatusCode: 'BadRequest' },
  // Code and status seen when a subscription has its IoT hubs (DP-900T00A-Azure-Data-Fundamentals#6); DPS's own are not known.
  quotaExceeded: { status: 400, code: '400019', httpStatusCode: 'BadRequest' },
  unknownApiVersion: { status: 400, code: 'InvalidApiVersionParameter', httpStatusCode: 'BadRequest' },
  unauthenticated: { status: 401, code: 'AuthenticationFailed', httpStatusCode: 'Unauthorized' },
  subscriptionNotFound: { status: 404, code: 'SubscriptionNotFound', httpStatusCode: 'NotFound' },
  resourceGroupNotFound: { status: 404, code: 'ResourceGroupNotFound', httpStatusCode: 'NotFound' },
  notFound: { status: 404, code: 'ResourceNotFound', httpStatusCode: 'NotFound' },
  certificateNotFound: { status: 404, code: 'CertificateNotFound', httpStatusCode: 'NotFound' },
  methodNotAllowed: { status: 405, code: 'MethodNotAllowed', httpStatusCode: 'MethodNotAllowed' },
  conflict: { status: 409, code: 'Conflict', httpStatusCode: 'Conflict' },
  invalidLocation: { status: 409, code: 'InvalidResourceLocation', httpStatusCode: 'Conflict' },
  // Code and message seen in Azure/azure-cli#13098.
  preconditionFailed: { status: 412, code: 'IH412001', httpStatusCode: 'PreconditionFailed' },
  payloadTooLarge: { status: 413, code: 'RequestEntityTooLarge', httpStatusCode: 'RequestEntityTooLarge' },
  unsupportedMediaType: { status: 415, code: 'UnsupportedMediaType', httpStatusCode: 'UnsupportedMediaType' },
  internal: { status: 500, code: 'InternalServerError', httpStatusCode: 'InternalServerError' },
  notImplemented: { status: 501, code: 'NotImplemented', httpStatusCode: 'NotImplemented' },
} as const;

export type ArmErrorKind = keyof typeof kinds;

export class ArmError extends Error {
  constructor(
    readonly kind: ArmErrorKind,
    message: string,
  ) {
    super(message);
    this.name = 'ArmError';
  }
}

export function badRequest(message: string): ArmError {
  return new ArmError('badRequest', message);
}

/** An error as the ARM plane answers it. */
export function toArmErrorReply(error: unknown): ErrorReply {
  const { kind, message, reason } = describe(error);
  const { status, code, httpStatusCode } = kinds[kind];
  const body: ArmErrorBody = { code, httpStatusCode, message, details: null, error: { code, message } };
  return {
    status,
    body,
    headers: {
      ...(kind === 'unauthenticated' ? { 'www-authenticate': 'Bearer realm="enrollkit emulator"' } : {}),
      'x-ms-error-code': code,
    },
    reason,
  };
}

function describe(error: unknown): { kind: ArmErrorKind; message: string; reason: string } {
  if (error instanceof ArmError) return { kind: error.kind, message: error.message, reason: error.message };
  const { kind, message, reason } = toDpsError(error);
  if (kind === 'unknownApiVersion') {
    const sentence = `The api-version is missing or invalid. The supported versions of Microsoft.Devices/provisioningServices are '${apiVersions.arm.join(',')}'.`;
    return { kind, message: sentence, reason: sentence };
  }
  return isArmKind(kind)
    ? { kind, message, reason }
    : { kind: 'internal', message: 'Internal server error', reason };
}

function isArmKind(kind: DpsErrorName): kind is DpsErrorName & ArmErrorKind {
  return kind in kinds;
}
