/** Converts error responses of ARM, DPS and IoT Hub to our errors. */
import { EnrollkitError, type ErrorCode } from '../../../errors.js';
import { explainCode } from '../../../explanations/explain.js';
import type { Plane } from '../../contract/api-versions.js';
import { redact } from '../redact.js';
import { type MissingRole, missingRole, roleCommand } from './missing-role.js';

export interface Refusal {
  plane: Plane;
  host: string;
  /** What the request was about: "the enrollment group g1". */
  subject: string;
  status: number;
  bodyText: string;
  retryAfterMs?: number | undefined;
  /** Whether an earlier attempt may have had its effect: its answer was lost, or was an error of the server. */
  isRepeated?: boolean;
}

export interface ServiceMessage {
  /** The service's error code: 401002, "AuthorizationFailed", "DeviceNotFound". */
  code?: string | number;
  message?: string;
  trackingId?: string;
}

const codes: Record<number, ErrorCode> = {
  401: 'NO_CREDENTIALS',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'CONFLICT',
  412: 'PRECONDITION_FAILED',
  408: 'SERVICE_FAILED',
  429: 'THROTTLED',
  500: 'SERVICE_FAILED',
  502: 'SERVICE_FAILED',
  503: 'SERVICE_FAILED',
  504: 'SERVICE_FAILED',
};

/** Our error code for an HTTP status. */
export function errorCodeOfStatus(status: number): ErrorCode {
  return codes[status] ?? 'REFUSED';
}

const words: Partial<Record<ErrorCode, (subject: string) => string>> = {
  NO_CREDENTIALS: (subject) => `does not accept the credentials for ${subject}`,
  FORBIDDEN: (subject) => `does not let this identity use ${subject}`,
  NOT_FOUND: (subject) => `does not find ${subject}`,
  CONFLICT: (subject) => `reports a conflict over ${subject}`,
  PRECONDITION_FAILED: (subject) => `says that ${subject} was changed meanwhile`,
  SERVICE_FAILED: (subject) => `failed over ${subject}`,
  THROTTLED: (subject) => `takes no more requests now for ${subject}`,
};
const refused = (subject: string) => `refused ${subject}`;

const names: Record<Plane, string> = {
  arm: 'Azure Resource Manager',
  service: 'DPS',
  device: 'DPS',
  hub: 'The IoT hub',
};

/** @returns NO_CREDENTIALS, FORBIDDEN, NOT_FOUND, CONFLICT, PRECONDITION_FAILED, THROTTLED, SERVICE_FAILED or REFUSED */
export function replyError({ plane, host, subject, status, bodyText, ...rest }: Refusal): EnrollkitError {
  const said = readServiceMessage(bodyText);
  const code = errorCodeOfStatus(status);
  const name = names[plane];
  const reason = (said.message ?? `HTTP status ${status}`).replace(/\.$/, '');
  const quoted = `${reason}${said.code === undefined ? '' : ` (${said.code})`}`;
  const serviceCode = said.code ?? hubCodeIn(said.message);
  const missing = status === 403 ? missingRole(plane, said.message) : undefined;
  const next = nextStep(plane, status, rest.retryAfterMs, serviceCode, missing);
  return new EnrollkitError(code, `${name} ${(words[code] ?? refused)(subject)}: ${quoted}.`, {
    ...(next === undefined ? {} : { next }),
    context: {
      host,
      status,
      ...(serviceCode === undefined ? {} : { serviceCode }),
      ...(said.trackingId === undefined ? {} : { trackingId: said.trackingId }),
      ...(rest.isRepeated ? { isRepeated: true } : {}),
      ...(missing === undefined ? {} : { missingRole: missing }),
    },
  });
}

/** The error table's advice is about ARM; the other planes need other rights. */
function nextStep(
  plane: Plane,
  status: number,
  retryAfterMs: number | undefined,
  serviceCode: string | number | undefined,
  missing: MissingRole | undefined,
): string | undefined {
  if (status === 429 && retryAfterMs !== undefined) {
    return `Wait ${Math.ceil(retryAfterMs / 1000)} seconds, then run the same command again.`;
  }
  if (status !== 401 && status !== 403) {
    return serviceCode === undefined ? undefined : explainCode(String(serviceCode))?.next;
  }
  switch (plane) {
    case 'service':
      return 'Copy the connection string of a policy with the rights EnrollmentWrite and RegistrationStatusWrite again, or ask for the role "Device Provisioning Service Data Contributor".';
    case 'hub':
      return 'Copy the connection string of a policy of the hub with the rights RegistryRead and RegistryWrite again.';
    default:
      return missing === undefined ? undefined : assignRole(missing);
  }
}

/** What to do about a missing role, for its own owner and for whoever can assign it. */
function assignRole(missing: MissingRole): string {
  const isOfCertificates = /\/provisioningServices\/certificates\//i.test(missing.action ?? '');
  const otherwise = isOfCertificates
    ? ' Or prove possession through the portal: --proof-of-possession portal.'
    : '';
  return `You need the role "${missing.role}". Someone who can assign roles there can run: ${roleCommand(missing)}${otherwise && `.${otherwise}`}`;
}

/** IoT Hub begins its message with the name of the error. */
function hubCodeIn(message: string | undefined): string | undefined {
  return /^ErrorCode:(\w+);/.exec(message ?? '')?.[1];
}

/** What the resource provider puts after every message, for Microsoft's support. */
const correlationOf =
  / If you contact a support representative please include this correlation identifier: ([^,]+), timestamp: .*$/s;

/** What a body says: DPS's flat form, ARM's nested one, IoT Hub's, or plain text. */
export function readServiceMessage(bodyText: string): ServiceMessage {
  let body: Record<string, unknown>;
  try {
    body = JSON.parse(bodyText) as Record<string, unknown>;
  } catch {
    const text = redact(bodyText.replace(/<[^>]*>/g, ' '));
    return text === '' ? {} : { message: text };
  }
  if (typeof body !== 'object' || body === null) return {};
  const nested = (body.error ?? {}) as Record<string, unknown>;
  const text = (...candidates: unknown[]) =>
    candidates.find((one): one is string => typeof one === 'string' && one !== '');
  const code = [body.errorCode, body.code, nested.code].find(
    (one): one is string | number => typeof one === 'number' || (typeof one === 'string' && one !== ''),
  );
  const said = text(body.message, nested.message, body.Message, body.ExceptionMessage);
  const correlation = said === undefined ? null : correlationOf.exec(said);
  const message = said?.replace(correlationOf, '');
  const trackingId = text(body.trackingId, correlation?.[1]);
  return {
    ...(code === undefined ? {} : { code: typeof code === 'string' ? redact(code) : code }),
    ...(message === undefined ? {} : { message: redact(message) }),
    ...(trackingId === undefined ? {} : { trackingId: redact(trackingId) }),
  };
}
