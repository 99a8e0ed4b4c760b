/** What a registration was decided by: for the emulator's page, which shows the chain and where it breaks. */

import type { DpsErrorName } from '../../../dps/contract/wire-error.js';
import type { Failure } from '../../../pki/path/validate.js';
import type { Reason } from '../dps-error.js';
import type { VerifiedAuthority } from '../state/ca-certificates.js';
import type { RegistrationRecord } from '../state/stored-registrations.js';

/** An uploaded CA certificate that is not verified. */
export interface UnverifiedAuthority {
  name: string;
  der: Buffer;
}

export interface RegistrationVerdict {
  /** When the request was decided, by the emulator's clock. */
  at: Date;
  idScope: string;
  registrationId: string;
  /** The certificates that the device presented: DER, leaf first. */
  chain: readonly Buffer[];
  /** Whether it sent a shared access signature: certificates do not count then. */
  hasToken: boolean;
  /** The CAs that were uploaded at that time; none if the ID scope is unknown. */
  verified: readonly VerifiedAuthority[];
  unverified: readonly UnverifiedAuthority[];
  outcome: AcceptedRegistration | RefusedRegistration;
}

/** The device may register; whether it was assigned is in the status. */
export interface AcceptedRegistration {
  type: 'accepted';
  enrollment: { kind: 'group' | 'individual'; id: string };
  status: RegistrationRecord['status'];
  hubId: string | undefined;
  errorMessage: string | undefined;
}

/** The request was refused. */
export interface RefusedRegistration {
  type: 'refused';
  kind: DpsErrorName;
  errorCode: number;
  /** For the log: more than the device learns. English. */
  reason: string;
  /** The same in other languages, if it is known in them. */
  reasonIn: Reason | undefined;
  /** What is wrong with the chain, if that is the reason. */
  failures: readonly Failure[];
}
