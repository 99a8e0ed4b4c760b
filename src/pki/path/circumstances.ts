/** What a chain is validated for. */
import type { PeerName } from './peer-name.js';
import type { Revocation } from './revocation.js';

export type Purpose = 'clientAuth' | 'serverAuth' | 'any';

export interface Circumstances {
  at: Date;
  purpose: Purpose;
  isStrict: boolean;
  peerName?: PeerName;
  /** The most intermediates that are not self-issued. */
  maxDepth?: number;
  /** Set when revocation lists were given. */
  revocation?: Revocation;
}

/** A certificate's place in its path. */
export type Role = 'leaf' | 'issuer';
