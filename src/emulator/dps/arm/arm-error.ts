/**
 * Errors of the ARM plane. The resource provider, Microsoft.Devices, answers flat, with a number; Azure Resource Manager's
 * own front door, which knows subscriptions, resource groups, locations and api-versions, answers `{ error }`.
 *
 * The provider's numbers are the HTTP status times 1000, plus a little. Those marked "recorded" stand in recordings of the
 * real service (Azure/azure-sdk-for-net, Azure/azure-powershell), those marked "seen" in public reports of it
 * (Azure/azure-cli#13098, hashicorp/terraform-provider-azurerm); those marked "of hubs" in reports about IoT hubs, which
 * the same provider serves. The others follow the pattern.
 */
import { apiVersions } from '../../../dps/contract/api-versions.js';
import {
  type ArmErrorBody,
  type DpsErrorName,
  type ProviderErrorBody,
  statusOf,
} from '../../../dps/contract/wire-error.js';
import type { ErrorReply } from '../../wire/http/plane.js';
import { toDpsError } from '../dps-error.js';

const providerErrors = {
  badRequest: { number: 400004, httpStatusCode: 'BadRequest' },
  quotaExceeded: { number: 400019, httpStatusCode: 'BadRequest' }, // of hubs
  proofFailed: { number: 400053, httpStatusCode: 'BadRequest' }, // of hubs
  illegalSku: { number: 400059, httpStatusCode: 'BadRequest' }, // seen
  duplicateHub: { number: 400303, httpStatusCode: 'BadRequest' }, // seen
  illegalName: { number: 400305, httpStatusCode: 'BadRequest' }, // recorded
  policyNotFound: { number: 404000, httpStatusCode: 'NotFound' },
  serviceNotFound: { number: 404002, httpStatusCode: 'NotFound' }, // recorded
  certificateNotFound: { number: 404015, httpStatusCode: 'NotFound' }, // recorded
  nameTaken: { number: 409004, httpStatusCode: 'Conflict' }, // of hubs
  preconditionFailed: { number: 412001, httpStatusCode: 'PreconditionFailed' }, // seen
  internal: { number: 500001, httpStatusCode: 'InternalServerError' },
} as const;

const frontDoorErrors = {
  unknownApiVersion: { status: 400, code: 'InvalidApiVersionParameter' },
  invalidRequest: { status: 400, code: 'InvalidRequestContent' },
  unauthenticated: { status: 401, code: 'AuthenticationFailed' },
  subscriptionNotFound: { status: 404, code: 'SubscriptionNotFound' },
  resourceGroupNotFound: { status: 404, code: 'ResourceGroupNotFound' },
  notFound: { status: 404, code: 'NotFound' },
  methodNotAllowed: { status: 405, code: 'MethodNotAllowed' },
  invalidLocation: { status: 409, code: 'InvalidResourceLocation' },
  payloadTooLarge: { status: 413, code: 'RequestEntityTooLarge' },
  unsupportedMediaType: { status: 415, code: 'UnsupportedMediaType' },
  notImplemented: { status: 501, code: 'NotImplemented' },
} as const;

type ProviderErrorKind = keyof typeof providerErrors;
export type ArmErrorKind = ProviderErrorKind | keyof typeof frontDoorErrors;

export class ArmError extends Error {
  /** @param message a sentence, with its full stop */
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
export function toArmErrorReply(error: unknown, requestId: string, now: Date): ErrorReply {
  const { kind, message, reason } = describe(error);
  if (isProviderKind(kind)) return { ...toProviderReply(kind, message, requestId, now), reason };
  const { status, code } = frontDoorErrors[kind];
  const body: ArmErrorBody = { error: { code, message } };
  const headers: Record<string, string> =
    kind === 'unauthenticated' ? { 'www-authenticate': 'Bearer realm="enrollkit emulator"' } : {};
  return { status, body, headers, reason };
}

function toProviderReply(kind: ProviderErrorKind, message: string, requestId: string, now: Date) {
  const { number, httpStatusCode } = providerErrors[kind];
  const timestamp = `${now.toISOString().slice(0, 19).replace('T', ' ')}Z`;
  const body: ProviderErrorBody = {
    code: number,
    httpStatusCode,
    message: `${message} If you contact a support representative please include this correlation identifier: ${requestId}, timestamp: ${timestamp}, errorcode: IH${number}.`,
  };
  return { status: statusOf(number), body };
}

function describe(error: unknown): { kind: ArmErrorKind; message: string; reason: string } {
  if (error instanceof ArmError) return { kind: error.kind, message: error.message, reason: error.message };
  const { kind, message, reason } = toDpsError(error);
  if (kind === 'unknownApiVersion') {
    const sentence = `The api-version is missing or invalid. The supported versions of Microsoft.Devices/provisioningServices are '${apiVersions.arm.join(',')}'.`;
    return { kind, message: sentence, reason: sentence };
  }
  // What is not JSON does not get past the front door.
  if (kind === 'badRequest') return { kind: 'invalidRequest', message, reason };
  return isArmKind(kind)
    ? { kind, message, reason }
    : { kind: 'internal', message: 'Internal server error.', reason };
}

function isProviderKind(kind: ArmErrorKind): kind is ProviderErrorKind {
  return kind in providerErrors;
}

function isArmKind(kind: DpsErrorName): kind is DpsErrorName & ArmErrorKind {
  return kind in providerErrors || kind in frontDoorErrors;
}
