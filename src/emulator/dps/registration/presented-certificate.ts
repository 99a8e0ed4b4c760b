/** The certificates of a handshake, each parsed once, however often it is asked for. */
import { type Certificate, parseCertificate } from '../../../pki/x509/certificate.js';
import { Recent } from '../../wire/recent.js';

/** A connection's own certificate is asked for with each of its requests. */
const leaves = new WeakMap<Buffer, Certificate>();

/** @throws EnrollkitError INVALID_CERTIFICATE */
export function presentedLeaf(der: Buffer): Certificate {
  let certificate = leaves.get(der);
  if (certificate === undefined) {
    certificate = parseCertificate(der);
    leaves.set(der, certificate);
  }
  return certificate;
}

/** Far more than the authorities of the devices that register at a time. */
const maxIssuers = 256;

/** By their DER: whole fleets present the same ones. */
const issuers = new Recent<string, Certificate>(maxIssuers);

/** What was presented beside the leaf; as it came, where it is no certificate. */
export function presentedIssuers(chain: readonly Buffer[]): (Certificate | Buffer)[] {
  return chain.slice(1).map((der) => {
    const key = der.toString('latin1');
    const known = issuers.get(key);
    if (known) return known;
    try {
      const certificate = parseCertificate(der);
      issuers.set(key, certificate);
      return certificate;
    } catch {
      // Whoever looks at the chain says why.
      return der;
    }
  });
}
