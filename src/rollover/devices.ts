/** The devices below the CAs of a roll-over: whose certificate is still the old CA's, and until when it must not be. */

import { isIssuedBy } from '../pki/x509/issued-by.js';
import type { DevicePaths, Layout } from '../workspace/layout.js';
import { loadCertificate, type StoredCertificate } from '../workspace/stored-certificates.js';
import type { ReplacedAuthority } from './authorities.js';

/** A device, module or edge CA whose certificate the replaced CA, or its successor, signed. */
export interface AffectedDevice {
  /** The common name: of a device, its registration ID. */
  name: string;
  kind: 'device' | 'edge-ca' | 'module';
  stored: StoredCertificate;
  /** Only a device has one. */
  pfx?: string;
  /** Which CA of the roll-over signed it: the old one, or already the new one. */
  signer: ReplacedAuthority;
  reissued: boolean;
}

/**
 * The certificates of the folder's devices that one of the CAs signed, old or new, by the names of their folders.
 *
 * @throws EnrollkitError INVALID_CERTIFICATE or FILE_UNREADABLE, naming the file
 */
export function affectedDevices(layout: Layout, rolled: readonly ReplacedAuthority[]): AffectedDevice[] {
  return layout
    .devices()
    .flatMap((paths: DevicePaths) => [
      ...below(loadCertificate(paths), 'device', rolled, paths.pfx),
      ...below(loadCertificate(paths.edgeCa), 'edge-ca', rolled),
      ...paths.modules().flatMap((module) => below(loadCertificate(module), 'module', rolled)),
    ]);
}

function below(
  stored: StoredCertificate | undefined,
  kind: AffectedDevice['kind'],
  rolled: readonly ReplacedAuthority[],
  pfx?: string,
): AffectedDevice[] {
  if (!stored) return [];
  const { certificate } = stored;
  const common = { name: certificate.subject.commonName ?? '', kind, stored, ...(pfx ? { pfx } : {}) };
  for (const signer of rolled) {
    if (isIssuedBy(certificate, signer.old.certificate)) return [{ ...common, signer, reissued: false }];
    if (isIssuedBy(certificate, signer.successor.certificate)) return [{ ...common, signer, reissued: true }];
  }
  return [];
}

/**
 * Until when a device must have its new certificate: its own end, or the earlier end of an old CA above it, without
 * which it is accepted no more.
 */
export function reissueBy({ stored, signer }: AffectedDevice): Date {
  let end = stored.certificate.notAfter;
  for (let ca: ReplacedAuthority | undefined = signer; ca; ca = ca.parent) {
    const { notAfter } = ca.old.certificate;
    if (notAfter < end) end = notAfter;
  }
  return end;
}
