/** Revoking a CA: its devices need another certificate before they connect again. */
import { X509Certificate } from 'node:crypto';
import { sha256Thumbprint } from '../../../../pki/x509/certificate.js';
import type { RegistryAuthority } from '../../registry/registry-authority.js';
import type { Subscription } from '../scope.js';

const pageSize = 1000;

/** Makes all hubs refuse the certificates that a CA has issued. */
export function revokeIssuedBy({ chain: [pem] }: RegistryAuthority, { hubs }: Subscription): void {
  if (pem === undefined) return;
  const thumbprint = sha256Thumbprint({ der: new X509Certificate(pem).raw });
  for (const { devices } of hubs.list().map(({ hub }) => hub)) {
    let page = devices.page('', pageSize);
    while (page.length > 0) {
      for (const device of page) {
        const { credential } = device;
        if (credential.type !== 'selfSigned' || !credential.issuerThumbprints.includes(thumbprint)) continue;
        // No certificate has this thumbprint.
        devices.update({
          ...device,
          credential: { type: 'selfSigned', primaryThumbprint: '', issuerThumbprints: [] },
        });
      }
      page = devices.page(page.at(-1)!.deviceId, pageSize);
    }
  }
}
