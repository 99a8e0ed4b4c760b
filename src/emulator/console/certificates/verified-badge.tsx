/** Whether the possession of a CA certificate's key is proven. */
import type { StoredCertificate } from '../../dps/state/ca-certificates.js';
import { Badge } from '../layout.js';
import type { PageContext } from '../page-context.js';

export function VerifiedBadge({ page: { text }, stored }: { page: PageContext; stored: StoredCertificate }) {
  const { verified, unverified } = text.certificatesPage;
  return <Badge kind={stored.verified ? 'good' : 'neutral'}>{stored.verified ? verified : unverified}</Badge>;
}
