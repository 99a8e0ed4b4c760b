/**
 * The table of all errors: each has a code, the exit status of the process, and whether a retry can help; what to do
 * next is among the sentences of each language.
 *
 * Exit statuses are API: scripts branch on them. `docs/errors.md` lists them, and a test compares the two.
 */

import { sentences } from './languages/language.js';

/** Process exit statuses. 0 is success. */
export const exitStatus = {
  ok: 0,
  internal: 1,
  usage: 2,
  credentials: 3,
  refused: 4,
  network: 5,
  proofOfPossession: 6,
  partial: 7,
  needsInput: 8,
  local: 9,
  notDue: 10,
  rejected: 11,
  notRunning: 12,
  differs: 13,
  interrupted: 130,
} as const;

export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus];

interface ErrorEntry {
  readonly exit: ExitStatus;
  /** Whether the same call may succeed later. */
  readonly retryable?: true;
}

export const errorTable = {
  INTERNAL: { exit: exitStatus.internal },

  USAGE: { exit: exitStatus.usage },
  INVALID_REGISTRATION_ID: { exit: exitStatus.usage },
  INVALID_ENROLLMENT_GROUP_ID: { exit: exitStatus.usage },
  INVALID_CERTIFICATE_NAME: { exit: exitStatus.usage },
  COMMON_NAME_TOO_LONG: { exit: exitStatus.usage },
  INVALID_COMMON_NAME: { exit: exitStatus.usage },
  INVALID_SUBJECT: { exit: exitStatus.usage },
  INVALID_ALTERNATIVE_NAME: { exit: exitStatus.usage },
  INVALID_PLAN: { exit: exitStatus.usage },
  INVALID_RECORDING: { exit: exitStatus.usage },
  INVALID_SEED: { exit: exitStatus.usage },
  INVALID_FAULTS: { exit: exitStatus.usage },
  INVALID_TEMPLATE: { exit: exitStatus.usage },
  INVALID_METHODS: { exit: exitStatus.usage },
  INVALID_DEVICE_LIST: { exit: exitStatus.usage },
  INVALID_MANIFEST: { exit: exitStatus.usage },
  INVALID_PROFILE: { exit: exitStatus.usage },
  INVALID_CERTIFICATE: { exit: exitStatus.usage },
  INVALID_CERTIFICATE_REQUEST: { exit: exitStatus.usage },
  INVALID_PKCS7: { exit: exitStatus.usage },
  INVALID_PFX: { exit: exitStatus.usage },
  INVALID_KEY: { exit: exitStatus.usage },
  INVALID_VALIDITY: { exit: exitStatus.usage },
  INVALID_VERIFICATION_CODE: { exit: exitStatus.usage },
  INVALID_CONNECTION_STRING: { exit: exitStatus.usage },
  KEY_MISMATCH: { exit: exitStatus.usage },
  CHAIN_INVALID: { exit: exitStatus.usage },
  ISSUER_NOT_ALLOWED: { exit: exitStatus.usage },
  PASSPHRASE_REQUIRED: { exit: exitStatus.needsInput },
  WRONG_PASSPHRASE: { exit: exitStatus.credentials },

  NO_CREDENTIALS: { exit: exitStatus.credentials },
  FORBIDDEN: { exit: exitStatus.credentials },
  CLOCK_SKEW: { exit: exitStatus.local },

  DPS_NOT_FOUND: { exit: exitStatus.refused },
  NO_LINKED_HUB: { exit: exitStatus.refused },
  HUB_NOT_LINKED: { exit: exitStatus.refused },
  NOT_FOUND: { exit: exitStatus.refused },
  CONFLICT: { exit: exitStatus.refused },
  PRECONDITION_FAILED: { exit: exitStatus.refused, retryable: true },
  REFUSED: { exit: exitStatus.refused },
  NOT_READ_BACK: { exit: exitStatus.refused, retryable: true },
  DEVICE_NOT_AUTHORIZED: { exit: exitStatus.refused },
  REGISTRATION_FAILED: { exit: exitStatus.refused },
  HUB_REFUSED: { exit: exitStatus.refused },
  THROTTLED: { exit: exitStatus.network, retryable: true },
  SERVICE_FAILED: { exit: exitStatus.network, retryable: true },
  NETWORK: { exit: exitStatus.network, retryable: true },
  TIMEOUT: { exit: exitStatus.network, retryable: true },
  SERVER_NOT_TRUSTED: { exit: exitStatus.network },

  PROOF_OF_POSSESSION_PENDING: { exit: exitStatus.proofOfPossession },
  PROOF_OF_POSSESSION_FAILED: { exit: exitStatus.proofOfPossession, retryable: true },

  PARTIAL: { exit: exitStatus.partial, retryable: true },

  NEEDS_INPUT: { exit: exitStatus.needsInput },

  FOLDER_NOT_EMPTY: { exit: exitStatus.local },
  FOLDER_IN_USE: { exit: exitStatus.local, retryable: true },
  FILE_EXISTS: { exit: exitStatus.local },
  FILE_UNREADABLE: { exit: exitStatus.local },
  FILE_UNWRITABLE: { exit: exitStatus.local },
  JOURNAL_UNREADABLE: { exit: exitStatus.local },
  ADDRESS_UNUSABLE: { exit: exitStatus.local },
  PORT_IN_USE: { exit: exitStatus.local },
  PORT_NOT_PERMITTED: { exit: exitStatus.local },
  TRUST_NOT_PERMITTED: { exit: exitStatus.local },
  TRUST_FAILED: { exit: exitStatus.local },
  EMULATOR_STATE_IN_USE: { exit: exitStatus.local },
  EMULATOR_STATE_UNREADABLE: { exit: exitStatus.local },
  EMULATOR_UNSUPPORTED: { exit: exitStatus.local },

  NOT_RECORDED: { exit: exitStatus.differs },

  INTERRUPTED: { exit: exitStatus.interrupted, retryable: true },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/** What to do after an error with this code, unless the error says something more precise. */
export function nextStep(code: ErrorCode): string {
  return sentences.errors.next[code];
}

export interface EnrollkitErrorOptions {
  /** Replaces {@link nextStep}. */
  next?: string;
  /** Details for machines: names, paths, the service's error code. Never a secret. */
  context?: Record<string, unknown>;
  cause?: unknown;
}

/**
 * An error for people: `message` says what happened and where, `next` what to do. The cause is printed only with
 * `--verbose`, because it may quote a service's reply.
 */
export class EnrollkitError extends Error {
  readonly code: ErrorCode;
  readonly next: string;
  readonly context: Record<string, unknown>;

  constructor(code: ErrorCode, message: string, options: EnrollkitErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'EnrollkitError';
    this.code = code;
    this.next = options.next ?? nextStep(code);
    this.context = options.context ?? {};
  }

  /** The process exit status for this error. */
  get exitStatus(): ExitStatus {
    return errorTable[this.code].exit;
  }

  /** Whether the same call may succeed later. */
  get retryable(): boolean {
    return (errorTable[this.code] as ErrorEntry).retryable === true;
  }
}

/** The same error with another next step, where the place that it happened at says more than its code. */
export function withNext({ code, message, context, cause }: EnrollkitError, next: string): EnrollkitError {
  return new EnrollkitError(code, message, { next, context, cause });
}

/** The error of a run that Ctrl-C, SIGTERM or SIGHUP ended. */
export function interruption(cause?: unknown): EnrollkitError {
  return new EnrollkitError('INTERRUPTED', sentences.errors.interrupted, { cause });
}

/** Whether a service refused the caller's rights: such callers may know another way. */
export function lacksRights(error: unknown): error is EnrollkitError {
  return error instanceof EnrollkitError && (error.code === 'FORBIDDEN' || error.code === 'NO_CREDENTIALS');
}

/** Whether a thrown value comes from an aborted signal (ours, fetch's or node's). */
export function isAbort(error: unknown): boolean {
  return (
    (error instanceof EnrollkitError && error.code === 'INTERRUPTED') ||
    (error instanceof Error &&
      (error.name === 'AbortError' || (error as { code?: string }).code === 'ABORT_ERR'))
  );
}
