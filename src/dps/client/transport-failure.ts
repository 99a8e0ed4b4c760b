/** Converts failures below HTTP and MQTT (DNS, sockets, TLS) to our errors. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { redactedCause } from './redact.js';

/** Codes for a server certificate that node does not trust for other reasons than its dates. */
const trustCodes = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_CHAIN_TOO_LONG',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
]);
const dateCodes = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);

/** Of a name that could not be looked up: there is no such name, or no network. */
const lookupCodes = new Set(['ENOTFOUND', 'EAI_AGAIN']);

export function isLookupFailure(failure: unknown): boolean {
  return lookupCodes.has(codeOf(failure) ?? '');
}

const networkReasons: Record<string, string> = {
  ENOTFOUND: sentences.dpsClient.hostNotFound,
  EAI_AGAIN: sentences.dpsClient.lookupFailed,
  ECONNREFUSED: sentences.dpsClient.connectionRefused,
  ECONNRESET: sentences.dpsClient.connectionCut,
  EPIPE: sentences.dpsClient.connectionCut,
  PARSE_ERROR: sentences.dpsClient.answerCut,
  ETIMEDOUT: sentences.dpsClient.connectTimeout,
  EHOSTUNREACH: sentences.dpsClient.noRoute,
  ENETUNREACH: sentences.dpsClient.noRoute,
};

/** Transient: the next attempt may succeed. */
const transientCodes = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'PARSE_ERROR']);

/** MQTT 3.1.1 section 3.2.2.3. */
export const mqttServerUnavailable = 3;

/** The failure of a connection that its peer closed without an error. */
export function connectionReset(): Error {
  return Object.assign(new Error('closed'), { code: 'ECONNRESET' });
}

/** The code of a failed connection; the first one if several addresses of a host were tried. */
export function codeOf(failure: unknown): string | undefined {
  const { code, errors } = failure as { code?: unknown; errors?: unknown[] };
  if (typeof code === 'string') return code;
  return errors?.[0] === undefined ? undefined : codeOf(errors[0]);
}

export function isTransient(failure: unknown): boolean {
  return transientCodes.has(codeOf(failure) ?? '');
}

/** Whether an error says that a connection was lost, or that a server is not available now: a new one may hold. */
export function isLostConnection(error: unknown): boolean {
  if (!(error instanceof EnrollkitError) || error.code !== 'NETWORK') return false;
  const { code, returnCode } = error.context;
  return transientCodes.has(String(code)) || returnCode === mqttServerUnavailable;
}

/** Whether the server's certificate was refused because of its dates: one of the two clocks may be wrong. */
export function isDateFailure(failure: unknown): boolean {
  return dateCodes.has(codeOf(failure) ?? '');
}

/**
 * @param host the host, with its port if it matters
 * @param shown the same in the message, where it can have a proxy beside it
 * @returns EnrollkitError NETWORK or SERVER_NOT_TRUSTED
 */
export function transportFailure(failure: unknown, host: string, shown: string = host): EnrollkitError {
  const code = codeOf(failure);
  const options = { cause: redactedCause(failure), context: { host, code } };
  if (code !== undefined && trustCodes.has(code)) {
    return new EnrollkitError('SERVER_NOT_TRUSTED', sentences.dpsClient.untrusted(host, code), options);
  }
  if (isDateFailure(failure)) {
    return new EnrollkitError(
      'SERVER_NOT_TRUSTED',
      sentences.dpsClient.certificateDates(host, code === 'CERT_HAS_EXPIRED', new Date().toISOString()),
      { ...options, next: sentences.dpsClient.serverMustRenew },
    );
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new EnrollkitError('SERVER_NOT_TRUSTED', sentences.dpsClient.otherServerName(host), options);
  }
  if (code === 'EPROTO' || code?.startsWith('ERR_SSL_')) {
    return new EnrollkitError('NETWORK', sentences.dpsClient.handshakeFailed(host, code), options);
  }
  const why = networkReasons[code ?? ''] ?? sentences.dpsClient.connectionFailed(code);
  return new EnrollkitError('NETWORK', sentences.dpsClient.unreachable(shown, why), {
    ...options,
    ...(isLookupFailure(failure) ? { next: sentences.dpsClient.checkName } : {}),
  });
}
