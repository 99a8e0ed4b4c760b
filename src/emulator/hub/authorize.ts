/** Whether a certificate or a token may speak for a device of the hub stand-in; MQTT and HTTPS ask the same question. */
import { withoutPort } from '../../dps/contract/host.js';
import { percentDecoded } from '../../dps/contract/percent-decoded.js';
import { parseSasToken, type SasToken, sasSignatureMatches } from '../../dps/contract/sas.js';
import { validateChain } from '../../pki/path/validate.js';
import { type Certificate, parseCertificate, sha256Thumbprint } from '../../pki/x509/certificate.js';
import { inspectCertificate } from '../../pki/x509/inspect.js';
import { policyProblem } from '../access/sas-check.js';
import type { Policy } from '../state/identity.js';
import type { HubDevice } from './devices.js';

/** What a client brings. */
export interface DeviceProof {
  /** What it presented in the handshake: DER, leaf first. */
  chain: readonly Buffer[];
  /** Its shared access signature. */
  authorization: string | undefined;
  /** The hub's names, with or without port. */
  hostNames: readonly string[];
  /** What is asked for below `/devices/{deviceId}`, where that is one thing; a connection is for all of it. */
  path?: string;
  /** Those of the hub: a token of one that grants `DeviceConnect` speaks for any device. */
  policies: readonly Policy[];
  /** The CAs of the hub, for devices that are let in by their CA: DER. */
  authorities?: readonly Buffer[];
}

/**
 * A device with a symmetric key is let in with a token of its own, and every device with one of a policy that grants
 * `DeviceConnect`. Any other is let in with the certificate that it
 * registered with or whose thumbprint the service gave, or with another that has its ID as common name and comes from the
 * CA that provisioned it; a device of the kind `certificateAuthority`, from a CA of the hub. None counts outside its dates.
 * @returns why not, or undefined when it may
 */
export async function refusalOf(
  device: HubDevice | undefined,
  proof: DeviceProof,
  at: Date,
): Promise<string | undefined> {
  if (device === undefined) return 'there is no such device';
  if (device.status === 'disabled') return 'the device is disabled';
  const token = proof.authorization === undefined ? undefined : parseSasToken(proof.authorization);
  if (token?.policyName) return policyTokenRefusalOf(device, token, proof, at);
  if (device.authentication === 'sas') return tokenRefusalOf(device, token, proof, at);
  const [leaf, ...issuers] = proof.chain;
  if (leaf === undefined) return 'no client certificate was presented';
  try {
    const { commonName, notBefore, notAfter, ...thumbprints } = inspectCertificate(leaf);
    const accepted = [device.leafThumbprint, device.secondaryThumbprint];
    if (accepted.includes(thumbprints.sha256Thumbprint) || accepted.includes(thumbprints.sha1Thumbprint)) {
      if (at < new Date(notBefore)) return `the certificate is not valid before ${notBefore}`;
      if (at > new Date(notAfter)) return `the certificate expired at ${notAfter}`;
      return undefined;
    }
    if (commonName !== device.deviceId)
      return `the certificate's common name is ${JSON.stringify(commonName)}`;
    const presented = issuers.map((issuer) => parseCertificate(issuer));
    const isTrusted = (issuer: Certificate) => device.issuerThumbprints.includes(sha256Thumbprint(issuer));
    const authorities = device.authentication === 'certificateAuthority' ? (proof.authorities ?? []) : [];
    const trustAnchors = [...authorities, ...presented.filter(isTrusted)];
    if (trustAnchors.length === 0) {
      return device.authentication === 'certificateAuthority'
        ? 'the hub has no verified CA'
        : 'no CA that provisioned the device is in the chain';
    }
    const verdict = await validateChain({
      leaf,
      intermediates: presented.filter((issuer) => !isTrusted(issuer)),
      trustAnchors,
      at,
      purpose: 'clientAuth',
    });
    return verdict.valid ? undefined : (verdict.failures[0]?.message ?? 'the chain is not valid');
  } catch (error) {
    return `the certificate cannot be read: ${(error as Error).message}`;
  }
}

/** When a connection that was opened with this is over; undefined when it was not opened with a token. */
export function tokenExpiry(authorization: string | undefined): Date | undefined {
  const token = authorization === undefined ? undefined : parseSasToken(authorization);
  return token && new Date(token.expiry * 1000);
}

/** A token that the device's own key signed. */
function tokenRefusalOf(
  device: HubDevice,
  token: SasToken | undefined,
  proof: DeviceProof,
  at: Date,
): string | undefined {
  if (!token) return 'no shared access signature was given';
  if (!device.symmetricKeys.some((key) => sasSignatureMatches(token, key)))
    return 'the signature does not match';
  if (token.expiry * 1000 < at.getTime()) return 'the token has expired';
  return opens(token, device.deviceId, proof) ? undefined : 'the token is for another device';
}

/** A token that a gateway or a token service has made with a policy of the hub, whatever the device has itself. */
function policyTokenRefusalOf(
  { deviceId }: HubDevice,
  token: SasToken,
  proof: DeviceProof,
  at: Date,
): string | undefined {
  const problem = policyProblem(token, { policies: proof.policies, right: 'DeviceConnect', now: at });
  if (problem !== undefined) return problem;
  return opens(token, deviceId, proof) ? undefined : 'the token is for another device';
}

/**
 * Whether a token is for the hub, and for `/devices/{deviceId}` and what lies below. Some tools make tokens for
 * `/devices/{deviceId}/api-version=...`: with these a device connects all the same.
 *
 * Source: Microsoft Learn, "Control access to IoT Hub by using shared access signatures": `sr` is a prefix by segment, in
 * lower case.
 */
function opens({ resource }: SasToken, deviceId: string, { hostNames, path }: DeviceProof): boolean {
  const [host = '', ...segments] = resource.toLowerCase().replace(/\/+$/, '').split('/');
  if (!hostNames.some((own) => withoutPort(own).toLowerCase() === withoutPort(host))) return false;
  const below = path === undefined ? segments.slice(2) : path.toLowerCase().split('/').slice(1);
  const asked = ['devices', deviceId.toLowerCase(), ...below];
  return segments.every(
    (segment, index) => segment === asked[index] || percentDecoded(segment)?.toLowerCase() === asked[index],
  );
}
