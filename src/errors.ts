/**
 * The table of all errors: each has a code, the exit status of the process, what to do next, and whether a retry can
 * help.
 *
 * Exit statuses are API: scripts branch on them. `docs/errors.md` lists them, and a test compares the two.
 */

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
  /** What to do next, one sentence. An error can override it with a more precise one. */
  readonly next: string;
  /** Whether the same call may succeed later. */
  readonly retryable?: true;
}

export const errorTable = {
  INTERNAL: {
    exit: exitStatus.internal,
    next: 'This is a defect of enrollkit: run again with --verbose and report what it prints.',
  },

  USAGE: { exit: exitStatus.usage, next: 'See --help.' },
  INVALID_REGISTRATION_ID: {
    exit: exitStatus.usage,
    next: 'Use 1 to 64 letters, digits, - . _ or :, that begin with a letter or digit and end with a letter, a digit or -.',
  },
  INVALID_ENROLLMENT_GROUP_ID: {
    exit: exitStatus.usage,
    next: 'Use 1 to 128 letters, digits, - . _ or :, that begin with a letter or digit and end with a letter, a digit or -.',
  },
  INVALID_CERTIFICATE_NAME: {
    exit: exitStatus.usage,
    next: 'Use 1 to 256 letters, digits, - . or _.',
  },
  COMMON_NAME_TOO_LONG: { exit: exitStatus.usage, next: 'Shorten it to 64 characters or fewer.' },
  INVALID_COMMON_NAME: { exit: exitStatus.usage, next: 'Give a name of 1 to 64 printable characters.' },
  INVALID_SUBJECT: { exit: exitStatus.usage, next: 'Correct the part of the subject that is named.' },
  INVALID_ALTERNATIVE_NAME: {
    exit: exitStatus.usage,
    next: 'Give a host name, an IP address, an e-mail address or an absolute URI, in ASCII.',
  },
  INVALID_PLAN: { exit: exitStatus.usage, next: 'Correct the plan file at the place named.' },
  INVALID_RECORDING: {
    exit: exitStatus.usage,
    next: 'Give a recording as enrollkit wrote it: a file in FOLDER/.enrollkit/runs, or the folder.',
  },
  INVALID_SEED: { exit: exitStatus.usage, next: 'Correct the seed at the place named.' },
  INVALID_FAULTS: { exit: exitStatus.usage, next: 'Correct the faults at the place named.' },
  INVALID_DEVICE_LIST: { exit: exitStatus.usage, next: 'Correct the list at the lines named.' },
  INVALID_MANIFEST: {
    exit: exitStatus.usage,
    next: 'Give manifests of different parts of one fleet, as fleet issue wrote them.',
  },
  INVALID_PROFILE: { exit: exitStatus.usage, next: 'Correct the profile at the place named.' },
  INVALID_CERTIFICATE: { exit: exitStatus.usage, next: 'Give one X.509 certificate, in PEM or DER.' },
  INVALID_CERTIFICATE_REQUEST: {
    exit: exitStatus.usage,
    next: 'Give one certificate request (PKCS#10), in PEM or DER, that its own key signed.',
  },
  INVALID_PKCS7: {
    exit: exitStatus.usage,
    next: 'Give a PKCS#7 file of certificates (.p7b, .p7c), in PEM or DER.',
  },
  INVALID_PFX: {
    exit: exitStatus.usage,
    next: 'Give a PKCS#12 file (.pfx, .p12) with a certificate, protected by a passphrase.',
  },
  INVALID_KEY: { exit: exitStatus.usage, next: 'Give one private key as PKCS#8 PEM.' },
  INVALID_VALIDITY: {
    exit: exitStatus.usage,
    next: 'Give dates of the years 1950 to 9999, and check the clock of this computer.',
  },
  INVALID_VERIFICATION_CODE: {
    exit: exitStatus.usage,
    next: 'Copy the verification code from the portal again: it is one word, without spaces.',
  },
  INVALID_CONNECTION_STRING: {
    exit: exitStatus.usage,
    next: 'Copy it whole from the portal (your DPS, Settings, Shared access policies): HostName=...;SharedAccessKeyName=...;SharedAccessKey=...',
  },
  KEY_MISMATCH: { exit: exitStatus.usage, next: 'Give the private key that belongs to the certificate.' },
  CHAIN_INVALID: {
    exit: exitStatus.usage,
    next: 'Give a chain in which each certificate is signed by the next one.',
  },
  ISSUER_NOT_ALLOWED: {
    exit: exitStatus.usage,
    next: 'Sign with a CA certificate that is valid now and whose path length leaves room for another certificate.',
  },
  PASSPHRASE_REQUIRED: {
    exit: exitStatus.needsInput,
    next: 'Set ENROLLKIT_PASSPHRASE, or give --passphrase-file FILE.',
  },
  WRONG_PASSPHRASE: {
    exit: exitStatus.credentials,
    next: 'Give the passphrase that the key was encrypted with (ENROLLKIT_PASSPHRASE or --passphrase-file FILE).',
  },

  NO_CREDENTIALS: {
    exit: exitStatus.credentials,
    next: 'Run "az login", or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, then run the same command again. Without rights on Azure Resource Manager, add --proof-of-possession portal.',
  },
  FORBIDDEN: {
    exit: exitStatus.credentials,
    next: 'Ask for the Contributor role on the DPS, or prove possession through the portal: --proof-of-possession portal.',
  },
  CLOCK_SKEW: {
    exit: exitStatus.local,
    next: 'Correct the clock of this computer, then run the same command again.',
  },

  DPS_NOT_FOUND: {
    exit: exitStatus.refused,
    next: 'Check the names; "az iot dps list" shows the provisioning services that you have, "az iot dps create" makes one.',
  },
  NO_LINKED_HUB: {
    exit: exitStatus.refused,
    next: 'Link a hub: az iot dps linked-hub create --dps-name NAME --resource-group GROUP --hub-name HUB',
  },
  HUB_NOT_LINKED: {
    exit: exitStatus.refused,
    next: 'Choose among the linked hubs, or link this one: az iot dps linked-hub create --dps-name NAME --hub-name HUB',
  },
  NOT_FOUND: { exit: exitStatus.refused, next: 'Check the name.' },
  CONFLICT: { exit: exitStatus.refused, next: 'Choose another name, or delete what is there.' },
  PRECONDITION_FAILED: {
    exit: exitStatus.refused,
    next: 'Someone else changed it meanwhile: run the same command again.',
    retryable: true,
  },
  REFUSED: { exit: exitStatus.refused, next: 'Read the reason that the service gave.' },
  NOT_READ_BACK: {
    exit: exitStatus.refused,
    next: 'The service took the change and then did not show it: run the same command again; if it stays so, look at the DPS in the portal.',
    retryable: true,
  },
  DEVICE_NOT_AUTHORIZED: {
    exit: exitStatus.refused,
    next: 'Check that the chain reaches a CA whose possession is proven, and that the enrollment group is enabled.',
  },
  REGISTRATION_FAILED: { exit: exitStatus.refused, next: 'Read the reason that the service gave.' },
  HUB_REFUSED: {
    exit: exitStatus.refused,
    next: 'Check in the hub that the device exists and is enabled.',
  },
  THROTTLED: {
    exit: exitStatus.network,
    next: 'Wait a minute, then run the same command again.',
    retryable: true,
  },
  SERVICE_FAILED: {
    exit: exitStatus.network,
    next: 'The service itself failed: wait a minute, then run the same command again.',
    retryable: true,
  },
  NETWORK: {
    exit: exitStatus.network,
    next: 'Check the network, the proxy (HTTPS_PROXY) and the name, then run the same command again.',
    retryable: true,
  },
  TIMEOUT: { exit: exitStatus.network, next: 'Run the same command again.', retryable: true },
  SERVER_NOT_TRUSTED: {
    exit: exitStatus.network,
    next: 'If a proxy inspects TLS here, set NODE_EXTRA_CA_CERTS to its root certificate.',
  },

  PROOF_OF_POSSESSION_PENDING: {
    exit: exitStatus.proofOfPossession,
    next: 'Do in the portal what is shown above, then run the same command again.',
  },
  PROOF_OF_POSSESSION_FAILED: {
    exit: exitStatus.proofOfPossession,
    next: 'Run the same command again: it asks for a new verification code and answers it.',
    retryable: true,
  },

  PARTIAL: {
    exit: exitStatus.partial,
    next: 'Run the same command again: what is done stays done, the rest is tried again.',
    retryable: true,
  },

  NEEDS_INPUT: {
    exit: exitStatus.needsInput,
    next: 'Give the flag that is named, or --yes for the defaults.',
  },

  FOLDER_NOT_EMPTY: {
    exit: exitStatus.local,
    next: 'Give an empty or new folder with --dir FOLDER.',
  },
  FOLDER_IN_USE: {
    exit: exitStatus.local,
    next: 'Wait until it has ended, or choose another folder with --dir FOLDER.',
    retryable: true,
  },
  FILE_EXISTS: { exit: exitStatus.local, next: 'Move it away, or choose another folder with --dir FOLDER.' },
  FILE_UNREADABLE: { exit: exitStatus.local, next: 'Check the path and its permissions.' },
  FILE_UNWRITABLE: {
    exit: exitStatus.local,
    next: 'Make room on the disk, or check the permissions of the folder, then run the same command again.',
  },
  JOURNAL_UNREADABLE: {
    exit: exitStatus.local,
    next: 'Move the .enrollkit folder away, and delete by hand what earlier runs made.',
  },
  ADDRESS_UNUSABLE: {
    exit: exitStatus.local,
    next: 'Choose an address of this machine with --host ADDRESS.',
  },
  PORT_IN_USE: { exit: exitStatus.local, next: 'Choose another port, or 0 for any free one.' },
  PORT_NOT_PERMITTED: {
    exit: exitStatus.local,
    next: 'Run it with the rights that low ports need, or choose ports from 1024 on.',
  },
  EMULATOR_STATE_IN_USE: {
    exit: exitStatus.local,
    next: 'Use the emulator that runs there, stop it, or choose another folder with --dir FOLDER.',
  },
  EMULATOR_STATE_UNREADABLE: {
    exit: exitStatus.local,
    next: 'Move that folder away; the emulator makes a new one.',
  },
  EMULATOR_UNSUPPORTED: {
    exit: exitStatus.local,
    next: 'Run the emulator on another machine or in a container: Linux or macOS on x64 or Arm, or Windows on x64. Everything else in enrollkit works here.',
  },

  NOT_RECORDED: {
    exit: exitStatus.differs,
    next: 'The run is not the recorded one here: compare the versions of enrollkit, or replay it without --offline.',
  },

  INTERRUPTED: {
    exit: exitStatus.interrupted,
    next: 'Run the same command again: it goes on where it stopped.',
    retryable: true,
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

export interface EnrollkitErrorOptions {
  /** Replaces the table's sentence on what to do next. */
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
    this.next = options.next ?? errorTable[code].next;
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

/** The error of a run that Ctrl-C or SIGTERM ended. */
export function interruption(cause?: unknown): EnrollkitError {
  return new EnrollkitError('INTERRUPTED', 'Interrupted. What was done is kept.', { cause });
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
