/** Converts failures below HTTP and MQTT (DNS, sockets, TLS) to our errors. */
import { EnrollkitError } from '../../errors.js';
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

const networkReasons: Record<string, string> = {
  ENOTFOUND: 'no host of that name was found',
  EAI_AGAIN: 'its name could not be looked up now',
  ECONNREFUSED: 'nothing listens there, or a firewall refused the connection',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  PARSE_ERROR: 'the connection was cut in the middle of the answer',
  ETIMEDOUT: 'no answer came to the attempt to connect',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
};

/** Transient: the next attempt may succeed. */
const transientCodes = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'PARSE_ERROR']);

/** MQTT 3.1.1 section 3.2.2.3. */
export const mqttServerUnavailable = 3;

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
 * @returns EnrollkitError NETWORK or SERVER_NOT_TRUSTED
 */
export function transportFailure(failure: unknown, host: string): EnrollkitError {
  const code = codeOf(failure);
  const options = { cause: redactedCause(failure), context: { host, code } };
  if (code !== undefined && trustCodes.has(code)) {
    return new EnrollkitError(
      'SERVER_NOT_TRUSTED',
      `The TLS certificate of ${host} does not lead to a root that is trusted here (${code}).`,
      options,
    );
  }
  if (isDateFailure(failure)) {
    const words = code === 'CERT_HAS_EXPIRED' ? 'has expired' : 'is not valid yet';
    return new EnrollkitError(
      'SERVER_NOT_TRUSTED',
      `The TLS certificate of ${host}, or one above it, ${words}; the clock of this computer says ${new Date().toISOString()}.`,
      { ...options, next: 'If that clock is right, whoever runs the server must renew its certificate.' },
    );
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new EnrollkitError(
      'SERVER_NOT_TRUSTED',
      `The TLS certificate of ${host} is made out to another name.`,
      options,
    );
  }
  if (code === 'EPROTO' || code?.startsWith('ERR_SSL_')) {
    return new EnrollkitError(
      'NETWORK',
      `The TLS handshake with ${host} failed (${code}): something there does not speak TLS, or refused this client.`,
      options,
    );
  }
  const why = networkReasons[code ?? ''] ?? `the connection failed${code === undefined ? '' : ` (${code})`}`;
  return new EnrollkitError('NETWORK', `${host} cannot be reached: ${why}.`, options);
}
