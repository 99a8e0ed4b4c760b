/**
 * Errors of the ARM plane. The resource provider, Microsoft.Devices, answers flat, with a number; Azure Resource Manager's
 * own front door, which knows subscriptions, resource groups, locations and api-versions, answers `{ error }`.
 *
 * The provider's numbers are the HTTP status times 1000, plus a little. Those marked "recorded" stand in recordings of the
 * real service (Azure/azure-sdk-for-net, Azure/azure-powershell), those marked "seen" in public reports of it
 * (Azure/azure-cli#13098, hashicorp/terraform-provider-azurerm); those marked "of hubs" in reports about IoT hubs, which
 * the same provider serves. The others follow the pattern.
 */
import { STATUS_CODES } from 'node:http';
import { apiVersions } from '../../../dps/contract/api-versions.js';
import {
  type ArmErrorBody,
  type DpsErrorName,
  type ProviderErrorBody,
  statusOf,
} from '../../../dps/contract/wire-error.js';
import { InjectedError } from '../../wire/faults.js';
import type { ErrorReply } from '../../wire/http/plane.js';
import { toDpsError } from '../dps-error.js';

/** The numbers of the resource provider; each begins with its HTTP status. */
const providerErrors = {
  badRequest: 400004,
  quotaExceeded: 400019, // of hubs
  proofFailed: 400053, // of hubs
  illegalSku: 400059, // seen
  duplicateHub: 400303, // seen
  illegalName: 400305, // recorded
  policyNotFound: 404000,
  serviceNotFound: 404002, // recorded
  certificateNotFound: 404015, // recorded
  consumerGroupNotFound: 404000,
  nameTaken: 409004, // of hubs
  preconditionFailed: 412001, // seen
  internal: 500001,
} as const;

const frontDoorErrors = {
  unknownApiVersion: { status: 400, code: 'InvalidApiVersionParameter' },
  invalidRequest: { status: 400, code: 'InvalidRequestContent' },
  unauthenticated: { status: 401, code: 'AuthenticationFailed' },
  subscriptionNotFound: { status: 404, code: 'SubscriptionNotFound' },
  resourceGroupNotFound: { status: 404, code: 'ResourceGroupNotFound' },
  resourceNotFound: { status: 404, code: 'ResourceNotFound' },
  parentNotFound: { status: 404, code: 'ParentResourceNotFound' },
  notFound: { status: 404, code: 'NotFound' },
  methodNotAllowed: { status: 405, code: 'MethodNotAllowed' },
  invalidLocation: { status: 409, code: 'InvalidResourceLocation' },
  // Of Microsoft.DeviceRegistry; its codes are not documented.
  invalidResource: { status: 400, code: 'BadRequest' },
  resourceInUse: { status: 409, code: 'OperationNotAllowed' },
  payloadTooLarge: { status: 413, code: 'RequestEntityTooLarge' },
  unsupportedMediaType: { status: 415, code: 'UnsupportedMediaType' },
  notImplemented: { status: 501, code: 'NotImplemented' },
} as const;

/** Every code that the ARM plane answers with: numbers of the provider, names of the front door. */
export const armErrorCodes: readonly (number | string)[] = [
  ...Object.values(providerErrors),
  ...Object.values(frontDoorErrors).map(({ code }) => code),
];

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
  if (error instanceof InjectedError) {
    const { errorCode, message, retryAfter } = error;
    return {
      ...toProviderReply(errorCode, `${message}.`.replace(/\.\.$/, '.'), requestId, now),
      headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
      reason: message,
    };
  }
  const { kind, message, reason } = describe(error);
  if (isProviderKind(kind)) {
    return { ...toProviderReply(providerErrors[kind], message, requestId, now), reason };
  }
  const { status, code } = frontDoorErrors[kind];
  const body: ArmErrorBody = { error: { code, message } };
  const headers: Record<string, string> =
    kind === 'unauthenticated' ? { 'www-authenticate': 'Bearer realm="enrollkit emulator"' } : {};
  return { status, body, headers, reason };
}

function toProviderReply(number: number, message: string, requestId: string, now: Date) {
  const status = statusOf(number);
  const timestamp = `${now.toISOString().slice(0, 19).replace('T', ' ')}Z`;
  const body: ProviderErrorBody = {
    code: number,
    httpStatusCode: (STATUS_CODES[status] ?? String(status)).replaceAll(' ', ''),
    message: `${message} If you contact a support representative please include this correlation identifier: ${requestId}, timestamp: ${timestamp}, errorcode: IH${number}.`,
  };
  return { status, body };
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
