/** Certificate authorities of a namespace for people. */
import type { CertificateAuthority } from '../../dps/contract/schemas.js';
import { sentences } from '../../languages/language.js';
import { columns } from '../terminal/text.js';

export function authorityText(authority: CertificateAuthority): string {
  const { rows } = sentences.cliRegistry.authority;
  const { certificateAuthorityType, subject, validityNotAfter } = authority.properties;
  const all: [string, string | null | undefined][] = [
    [sentences.cliDps.rows.name, authority.name],
    [rows.type, certificateAuthorityType],
    [rows.issuer, issuerText(authority)],
    [rows.status, statusText(authority)],
    [rows.subject, subject],
    [rows.validUntil, validityNotAfter],
  ];
  return columns(all.filter((row): row is [string, string] => Boolean(row[1]))).join('\n');
}

/** The name of the CA above it; empty for a root. */
export function issuerText({ properties: { issuer } }: CertificateAuthority): string {
  if (issuer == null) return '';
  return issuer.certificateAuthorityResourceId?.split('/').at(-1) ?? issuer.issuerType;
}

export function statusText({ properties }: CertificateAuthority): string {
  return properties.issuer?.status ?? properties.provisioningState ?? '';
}
