/** The options of a validation, checked and parsed. */
import type { PeerName } from './peer-name.js';
import type { PolicyInputs } from './policies.js';
import type { Revocation } from './revocation.js';

export type Purpose = 'clientAuth' | 'serverAuth' | 'any';

export interface Circumstances {
  at: Date;
  purpose: Purpose;
  isStrict: boolean;
  peerName?: PeerName;
  /** Maximum number of intermediates that are not self-issued. */
  maxDepth?: number;
  /** Present if the caller gave any. */
  policyInputs?: PolicyInputs;
  /** Present if the caller passed revocation lists. */
  revocation?: Revocation;
}

/** A certificate's place in its path. */
export type Role = 'leaf' | 'issuer';
