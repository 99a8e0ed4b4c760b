/** An uploaded CA for people and for `--json`. */

import type { CertificateResource } from '../../dps/contract/schemas.js';
import { sentences } from '../../languages/language.js';
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
    [sentences.cliCa.rows.name, ca.name],
    [sentences.cliCa.rows.subject, ca.subject],
    [sentences.cliCa.rows.status, ca.isVerified ? sentences.cliCa.verified : sentences.cliCa.unverified],
    ['SHA-1', ca.sha1Thumbprint],
    [sentences.cliCa.rows.expires, ca.expiry],
  ]).join('\n');
}
