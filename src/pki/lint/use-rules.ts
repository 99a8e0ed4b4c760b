/** Rules for a certificate's use: as a device in DPS, as the CA of an enrollment group, or as a TLS server. */

import { certificateLabel } from '../path/failure.js';
import type { Certificate } from '../x509/certificate.js';
import { extendedKeyUsageTypes } from '../x509/extensions.js';
import { signatureAlgorithmName } from '../x509/signature.js';
import { type Finding, finding, type LintCode } from './rules.js';

export type Use = 'device' | 'ca' | 'server';

const dpsKeys = /^(RSA \d+|EC P-256|EC P-384)$/;
const dpsSignatures = /^(sha(256|384|512)WithRSAEncryption|ecdsa-with-SHA(256|384|512))$/;

/** Guesses what a certificate is for. */
export function usualUse({ basicConstraints, extendedKeyUsage }: Certificate): Use {
  if (basicConstraints?.certificateAuthority) return 'ca';
  const isServer =
    extendedKeyUsage?.includes(extendedKeyUsageTypes.serverAuth) &&
    !extendedKeyUsage.includes(extendedKeyUsageTypes.clientAuth);
  return isServer ? 'server' : 'device';
}

/** Lints a chain for a use. @param registrationIdProblem as in `LintOptions` */
export function lintUse(
  certificates: readonly Certificate[],
  use: Use,
  registrationIdProblem?: (commonName: string) => string | undefined,
): Finding[] {
  const leaf = certificates[0]!;
  if (use === 'server') return lintServer(leaf);
  const own = use === 'ca' ? lintGroupCa(leaf) : lintDevice(leaf, registrationIdProblem);
  return [...own, ...certificates.flatMap(lintAlgorithms)];
}

function lintDevice(
  device: Certificate,
  registrationIdProblem?: (commonName: string) => string | undefined,
): Finding[] {
  const findings: Finding[] = [];
  const name = `The certificate ${certificateLabel(device)}`;
  const add = (code: LintCode, message: string) => findings.push(finding(code, device, message));
  const { commonName } = device.subject;
  if (commonName === undefined) {
    add('REGISTRATION_ID', `${name} has no common name, which would be the registration ID.`);
  } else {
    const problem = registrationIdProblem?.(commonName);
    if (problem) add('REGISTRATION_ID', `${name} cannot register: ${problem}`);
  }
  if (!isFor(device, extendedKeyUsageTypes.clientAuth)) {
    add('DEVICE_CLIENT_AUTH', `${name} is not for TLS clients: its extended key usage lacks clientAuth.`);
  }
  if (device.keyUsage && !device.keyUsage.includes('digitalSignature')) {
    add(
      'DEVICE_DIGITAL_SIGNATURE',
      `${name} cannot be used by a TLS client: its key usage lacks digitalSignature.`,
    );
  }
  return findings;
}

function lintGroupCa(ca: Certificate): Finding[] {
  const findings: Finding[] = [];
  const { basicConstraints, keyUsage, subject } = ca;
  const name = `The certificate ${certificateLabel(ca)}`;
  if (!basicConstraints?.certificateAuthority) {
    findings.push(finding('GROUP_CA', ca, `${name} is no CA, so no enrollment group can hold it.`));
  } else if (keyUsage && !keyUsage.includes('keyCertSign')) {
    findings.push(finding('GROUP_CA', ca, `${name} may not sign devices: its key usage lacks keyCertSign.`));
  }
  if (subject.commonName === undefined) {
    findings.push(finding('GROUP_CA_COMMON_NAME', ca, `${name} has no common name, by which DPS lists it.`));
  }
  return findings;
}

function lintServer(server: Certificate): Finding[] {
  const findings: Finding[] = [];
  const name = `The certificate ${certificateLabel(server)}`;
  const names = server.subjectAlternativeNames ?? [];
  if (!names.some(({ kind }) => kind === 'dNSName' || kind === 'iPAddress')) {
    findings.push(finding('SERVER_NAME_MISSING', server, `${name} names no host as its alternative name.`));
  }
  if (!isFor(server, extendedKeyUsageTypes.serverAuth)) {
    const why = `${name} is not for TLS servers: its extended key usage lacks serverAuth.`;
    findings.push(finding('SERVER_AUTH', server, why));
  }
  return findings;
}

/** Whether DPS takes the key and the signature of a certificate. */
export function lintAlgorithms(certificate: Certificate): Finding[] {
  const findings: Finding[] = [];
  const name = `The certificate ${certificateLabel(certificate)}`;
  const { publicKeyInfo, signatureAlgorithm } = certificate;
  const isShort = publicKeyInfo.family === 'rsa' && publicKeyInfo.bits < 2048;
  if (!dpsKeys.test(publicKeyInfo.name) || isShort) {
    const why = `${name} has a key (${publicKeyInfo.name}) that DPS does not take.`;
    findings.push(finding('DPS_PUBLIC_KEY', certificate, why));
  }
  const algorithm = signatureAlgorithmName(signatureAlgorithm);
  if (!dpsSignatures.test(algorithm)) {
    const why = `${name} has a signature (${algorithm}) that DPS does not take.`;
    findings.push(finding('DPS_SIGNATURE_ALGORITHM', certificate, why));
  }
  return findings;
}

function isFor({ extendedKeyUsage }: Certificate, type: string): boolean {
  return (
    !extendedKeyUsage ||
    extendedKeyUsage.includes(type) ||
    extendedKeyUsage.includes(extendedKeyUsageTypes.any)
  );
}
