/** Whether a certificate may speak for a device of the hub stand-in; MQTT and HTTPS ask the same question. */
import { inspectCertificate } from '../../pki/inspect.js';
import { validateChain } from '../../pki/validate.js';
import type { HubDevice } from './devices.js';

/**
 * A device is let in with the certificate that it registered with, or with another that has its ID as common name and
 * comes from the CA that provisioned it. Neither counts outside its dates.
 * @param chain what the client presented in the handshake: DER, leaf first
 * @returns why not, or undefined when it may
 */
export async function refusalOf(
  device: HubDevice | undefined,
  chain: readonly Buffer[],
  at: Date,
): Promise<string | undefined> {
  if (device === undefined) return 'there is no such device';
  const [leaf, ...issuers] = chain;
  if (leaf === undefined) return 'no client certificate was presented';
  try {
    const { sha256Thumbprint, commonName, notBefore, notAfter } = inspectCertificate(leaf);
    if (sha256Thumbprint === device.leafThumbprint) {
      if (at < new Date(notBefore)) return `the certificate is not valid before ${notBefore}`;
      if (at > new Date(notAfter)) return `the certificate expired at ${notAfter}`;
      return undefined;
    }
    if (commonName !== device.deviceId)
      return `the certificate's common name is ${JSON.stringify(commonName)}`;
    const trusted = new Set(device.issuerThumbprints);
    const isTrusted = (issuer: Buffer) => trusted.has(inspectCertificate(issuer).sha256Thumbprint);
    const trustAnchors = issuers.filter(isTrusted);
    if (trustAnchors.length === 0) return 'no CA that provisioned the device is in the chain';
    const verdict = await validateChain({
      leaf,
      intermediates: issuers.filter((issuer) => !isTrusted(issuer)),
      trustAnchors,
      at,
      purpose: 'clientAuth',
    });
    return verdict.valid ? undefined : (verdict.failures[0]?.message ?? 'the chain is not valid');
  } catch (error) {
    return `the certificate cannot be read: ${(error as Error).message}`;
  }
}
