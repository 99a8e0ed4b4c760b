/** The CAs of a certificate folder, by their thumbprints. */

import { sha1Thumbprint } from '../../pki/x509/inspect.js';
import { layoutOf } from '../../workspace/layout.js';
import type { StoredCertificate } from '../../workspace/stored-certificates.js';
import { loadCertificate } from '../../workspace/stored-certificates.js';

/** The CA of a certificate folder with a SHA-1 thumbprint, in upper-case hexadecimal; undefined if it has no such CA. */
export function folderAuthority(
  folder: string,
  sha1: string,
): { role: 'root' | 'intermediate'; stored: StoredCertificate } | undefined {
  const layout = layoutOf(folder);
  for (const role of ['root', 'intermediate'] as const) {
    const stored = loadCertificate(layout[role]);
    if (stored && sha1Thumbprint(stored.certificate) === sha1) return { role, stored };
  }
  return undefined;
}
