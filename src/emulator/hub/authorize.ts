/** Whether a client may act as a device of the hub, by its certificate or token; the same for every transport. */
import { withoutPort } from '../../dps/contract/host.js';
import { percentDecoded } from '../../dps/contract/percent-decoded.js';
import { parseSasToken, type SasToken, sasSignatureMatches } from '../../dps/contract/sas.js';
import { validatePath } from '../../pki/path/validate.js';
import {
  type Certificate,
  parseCertificate,
  sha1Thumbprint,
  sha256Thumbprint,
} from '../../pki/x509/certificate.js';
import { policyProblem } from '../access/sas-check.js';
import type { Policy } from '../state/identity.js';
import type { PresentedCertificates } from '../wire/tls/presented-certificates.js';
import type { DeviceCredential, HubDevice } from './devices.js';
import type { HostedHub } from './hub.js';
import type { AuthMethod } from './messages.js';

/** What a client authenticates with, and what it asks for. */
export interface DeviceProof {
  /** Those of the handshake. */
  certificates: PresentedCertificates;
  /** Its shared access signature. */
  authorization: string | undefined;
  /** The hub's names, with or without port. */
  hostNames: readonly string[];
  /** The path of one request below `/devices/{deviceId}`; undefined for a connection, which may do everything. */
  path?: string;
  /** The hub's policies: a token signed with one that grants `DeviceConnect` is good for any device. */
  policies: readonly Policy[];
  /** The hub's CAs, for devices that are authenticated by their CA: DER. */
  authorities?: readonly Buffer[];
  /** See {@link Hub.allowsRenewedCertificates}; false by default. */
  allowsRenewedCertificates?: boolean;
}

/** The part of a proof that the hub adds to what the client sent. */
export function hubRules({
  hub,
  names,
  policies,
}: HostedHub): Pick<DeviceProof, 'hostNames' | 'policies' | 'authorities' | 'allowsRenewedCertificates'> {
  const { allowsRenewedCertificates } = hub;
  return { hostNames: names.aliases, policies, authorities: hub.authorities(), allowsRenewedCertificates };
}

/**
 * Why a client may not act as a device, or undefined if it may.
 *
 * Any device may use a token signed with a policy that grants `DeviceConnect`. Otherwise, a device with symmetric keys
 * needs a token signed with one of them. A `selfSigned` device needs a certificate with one of its thumbprints; where the
 * hub allows renewed certificates and the device registered through DPS, another certificate of the same CA with the device
 * ID as common name is accepted as well. A `certificateAuthority` device needs a certificate of one of the hub's CAs with the device ID as common name.
 * Certificates must be valid at the time.
 */
export function refusalOf(device: HubDevice | undefined, proof: DeviceProof, at: Date): string | undefined {
  if (device === undefined) return 'there is no such device';
  if (device.status === 'disabled') return 'the device is disabled';
  const { deviceId, credential } = device;
  const token = proof.authorization === undefined ? undefined : parseSasToken(proof.authorization);
  if (token?.policyName) return policyTokenProblem(deviceId, token, proof, at);
  if (credential.type === 'sas')
    return deviceTokenProblem(deviceId, credential.symmetricKeys, token, proof, at);
  const { leaf } = proof.certificates;
  if (leaf === undefined) return 'no client certificate was presented';
  try {
    return certificateProblem(deviceId, parseCertificate(leaf), credential, proof, at);
  } catch (error) {
    return `the certificate cannot be read: ${(error as Error).message}`;
  }
}

/**
 * How a device that was let in proved who it is. The members are those of messages that users of IoT Hub have published.
 *
 * @param authorization its shared access signature
 */
export function authMethodOf(device: HubDevice | undefined, authorization: string | undefined): AuthMethod {
  const token = authorization === undefined ? undefined : parseSasToken(authorization);
  if (token?.policyName) return { scope: 'hub', type: 'sas', issuer: 'iothub' };
  return device === undefined || device.credential.type === 'sas'
    ? { scope: 'device', type: 'sas', issuer: 'iothub' }
    : { scope: 'device', type: 'x509Certificate', issuer: 'external' };
}

/** When a connection that was opened with this token must end; undefined without a token. */
export function tokenExpiry(authorization: string | undefined): Date | undefined {
  const token = authorization === undefined ? undefined : parseSasToken(authorization);
  return token && new Date(token.expiry * 1000);
}

/** @throws EnrollkitError INVALID_CERTIFICATE */
function certificateProblem(
  deviceId: string,
  leaf: Certificate,
  credential: Exclude<DeviceCredential, { type: 'sas' }>,
  { certificates, authorities = [], allowsRenewedCertificates = false }: DeviceProof,
  at: Date,
): string | undefined {
  const { subject, notBefore, notAfter } = leaf;
  if (credential.type === 'selfSigned') {
    const { primaryThumbprint, secondaryThumbprint, retiringThumbprint } = credential;
    const accepted = [primaryThumbprint, secondaryThumbprint, retiringThumbprint];
    if (accepted.includes(sha256Thumbprint(leaf)) || accepted.includes(sha1Thumbprint(leaf))) {
      if (at < notBefore) return `the certificate is not valid before ${notBefore.toISOString()}`;
      if (at > notAfter) return `the certificate expired at ${notAfter.toISOString()}`;
      return undefined;
    }
    if (credential.issuerThumbprints.length === 0)
      return "the certificate has none of the device's thumbprints";
  }
  if (subject.commonName !== deviceId)
    return `the certificate's common name is ${JSON.stringify(subject.commonName)}`;
  const presented = certificates.chain.slice(1).map((issuer) => parseCertificate(issuer));
  const isTrusted = (issuer: Certificate) =>
    credential.type === 'selfSigned' && credential.issuerThumbprints.includes(sha256Thumbprint(issuer));
  const trustAnchors = credential.type === 'certificateAuthority' ? authorities : presented.filter(isTrusted);
  if (trustAnchors.length === 0) {
    return credential.type === 'certificateAuthority'
      ? 'the hub has no verified CA'
      : 'no CA that provisioned the device is in the chain';
  }
  const verdict = validatePath({
    leaf,
    intermediates: presented.filter((issuer) => !isTrusted(issuer)),
    trustAnchors,
    at,
    purpose: 'clientAuth',
  });
  if (!verdict.valid) return verdict.failures[0]?.message ?? 'the chain is not valid';
  if (credential.type === 'selfSigned' && !allowsRenewedCertificates) {
    return 'the certificate is not the one with which the device registered last: it must register with this one first (emulator start --allow-renewed-certificates lets it in at once)';
  }
  return undefined;
}

/** Checks a token signed with a key of the device. */
function deviceTokenProblem(
  deviceId: string,
  symmetricKeys: readonly string[],
  token: SasToken | undefined,
  proof: DeviceProof,
  at: Date,
): string | undefined {
  if (!token) return 'no shared access signature was given';
  if (!symmetricKeys.some((key) => sasSignatureMatches(token, key))) return 'the signature does not match';
  if (token.expiry * 1000 < at.getTime()) return 'the token has expired';
  return isFor(token, deviceId, proof) ? undefined : 'the token is for another device';
}

/** Checks a token that a gateway or a token service signed with a policy of the hub. */
function policyTokenProblem(
  deviceId: string,
  token: SasToken,
  proof: DeviceProof,
  at: Date,
): string | undefined {
  const problem = policyProblem(token, { policies: proof.policies, right: 'DeviceConnect', now: at });
  if (problem !== undefined) return problem;
  return isFor(token, deviceId, proof) ? undefined : 'the token is for another device';
}

/**
 * Whether a token is for the hub and for `/devices/{deviceId}` or a path below it. Some tools create tokens for
 * `/devices/{deviceId}/api-version=...`, which a device can connect with all the same.
 *
 * Source: Microsoft Learn, "Control access to IoT Hub by using shared access signatures": `sr` is a prefix by segment, in
 * lower case.
 */
function isFor({ resource }: SasToken, deviceId: string, { hostNames, path }: DeviceProof): boolean {
  const [host = '', ...segments] = resource.toLowerCase().replace(/\/+$/, '').split('/');
  if (!hostNames.some((own) => withoutPort(own).toLowerCase() === withoutPort(host))) return false;
  const below = path === undefined ? segments.slice(2) : path.toLowerCase().split('/').slice(1);
  const requested = ['devices', deviceId.toLowerCase(), ...below];
  return segments.every(
    (segment, index) =>
      segment === requested[index] || percentDecoded(segment)?.toLowerCase() === requested[index],
  );
}
