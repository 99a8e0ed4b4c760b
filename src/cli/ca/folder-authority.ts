/** The CAs of a certificate folder, by their thumbprints. */

import { sha1Thumbprint } from '../../pki/x509/inspect.js';
import type { AuthorityName } from '../../workspace/layout.js';
import { layoutOf } from '../../workspace/layout.js';
import type { StoredCertificate } from '../../workspace/stored-certificates.js';
import { loadCertificate } from '../../workspace/stored-certificates.js';

/** The CA of a certificate folder with a SHA-1 thumbprint, in upper-case hexadecimal; undefined if it has no such CA. */
export function folderAuthority(
  folder: string,
  sha1: string,
): { role: AuthorityName; stored: StoredCertificate } | undefined {
  const layout = layoutOf(folder);
  for (const role of layout.authorities()) {
    const stored = loadCertificate(layout.authority(role));
    if (stored && sha1Thumbprint(stored.certificate) === sha1) return { role, stored };
  }
  return undefined;
}
