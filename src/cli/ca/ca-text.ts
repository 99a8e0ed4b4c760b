/** An uploaded CA for people and for `--json`. */
import type { CertificateResource } from '../../dps/contract/schemas.js';
import { columns } from '../terminal/text.js';

export interface UploadedCa {
  name: string;
  subject: string;
  isVerified: boolean;
  sha1Thumbprint: string;
  expiry: string;
  etag: string;
}

export function uploadedCa({ name, etag, properties }: CertificateResource): UploadedCa {
  const { subject, isVerified, thumbprint, expiry } = properties;
  return { name, subject, isVerified, sha1Thumbprint: thumbprint, expiry, etag };
}

export function caText(ca: UploadedCa): string {
  return columns([
    ['Name', ca.name],
    ['Subject', ca.subject],
    ['Possession', ca.isVerified ? 'proven' : 'not proven yet'],
    ['SHA-1', ca.sha1Thumbprint],
    ['Expires', ca.expiry],
  ]).join('\n');
}
