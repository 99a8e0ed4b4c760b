/** Converts error responses of ARM, DPS and IoT Hub to our errors. */

import { EnrollkitError, type ErrorCode } from '../../../errors.js';
import { explainCode } from '../../../explanations/explain.js';
import { sentences } from '../../../languages/language.js';
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

/** @returns NO_CREDENTIALS, FORBIDDEN, NOT_FOUND, CONFLICT, PRECONDITION_FAILED, THROTTLED, SERVICE_FAILED or REFUSED */
export function replyError({ plane, host, subject, status, bodyText, ...rest }: Refusal): EnrollkitError {
  const said = readServiceMessage(bodyText);
  const code = errorCodeOfStatus(status);
  const reason = (said.message ?? sentences.dpsClient.httpStatus(status)).replace(/\.$/, '');
  const quoted = `${reason}${said.code === undefined ? '' : ` (${said.code})`}`;
  const serviceCode = said.code ?? hubCodeIn(said.message);
  const missing = status === 403 ? missingRole(plane, said.message) : undefined;
  const next = nextStep(plane, status, rest.retryAfterMs, serviceCode, missing);
  const { refusals } = sentences.dpsClient;
  const sentence = code in refusals ? refusals[code as keyof typeof refusals] : refusals.REFUSED;
  const service = sentences.dpsClient.planes[plane];
  return new EnrollkitError(code, sentence(service, subject, quoted), {
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
    return sentences.dpsClient.waitSeconds(Math.ceil(retryAfterMs / 1000));
  }
  if (status !== 401 && status !== 403) {
    return serviceCode === undefined ? undefined : explainCode(String(serviceCode))?.next;
  }
  switch (plane) {
    case 'service':
      return sentences.dpsClient.copyServicePolicy;
    case 'hub':
      return sentences.dpsClient.copyHubPolicy;
    default:
      return missing === undefined ? undefined : assignRole(missing);
  }
}

/** What to do about a missing role, for its own owner and for whoever can assign it. */
function assignRole(missing: MissingRole): string {
  const isOfCertificates = /\/provisioningServices\/certificates\//i.test(missing.action ?? '');
  return sentences.dpsClient.assignRole(missing.role, roleCommand(missing), isOfCertificates);
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
