/** Rules for a certificate's use: as a device in DPS, as the CA of an enrollment group, or as a TLS server. */

import { sentences } from '../../languages/language.js';
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
  const say = sentences.pkiLint;
  const label = certificateLabel(device);
  const add = (code: LintCode, message: string) => findings.push(finding(code, device, message));
  const { commonName } = device.subject;
  if (commonName === undefined) {
    add('REGISTRATION_ID', say.noCommonName(label));
  } else {
    const problem = registrationIdProblem?.(commonName);
    if (problem) add('REGISTRATION_ID', say.registrationId(label, problem));
  }
  if (!isFor(device, extendedKeyUsageTypes.clientAuth)) {
    add('DEVICE_CLIENT_AUTH', say.notForClients(label));
  }
  if (device.keyUsage && !device.keyUsage.includes('digitalSignature')) {
    add('DEVICE_DIGITAL_SIGNATURE', say.noDigitalSignature(label));
  }
  return findings;
}

function lintGroupCa(ca: Certificate): Finding[] {
  const findings: Finding[] = [];
  const { basicConstraints, keyUsage, subject } = ca;
  const say = sentences.pkiLint;
  const label = certificateLabel(ca);
  if (!basicConstraints?.certificateAuthority) {
    findings.push(finding('GROUP_CA', ca, say.groupCaIsNone(label)));
  } else if (keyUsage && !keyUsage.includes('keyCertSign')) {
    findings.push(finding('GROUP_CA', ca, say.groupCaMayNotSign(label)));
  }
  if (subject.commonName === undefined) {
    findings.push(finding('GROUP_CA_COMMON_NAME', ca, say.groupCaWithoutCommonName(label)));
  }
  return findings;
}

function lintServer(server: Certificate): Finding[] {
  const findings: Finding[] = [];
  const say = sentences.pkiLint;
  const label = certificateLabel(server);
  const names = server.subjectAlternativeNames ?? [];
  if (!names.some(({ kind }) => kind === 'dNSName' || kind === 'iPAddress')) {
    findings.push(finding('SERVER_NAME_MISSING', server, say.serverWithoutName(label)));
  }
  if (!isFor(server, extendedKeyUsageTypes.serverAuth)) {
    const why = say.notForServers(label);
    findings.push(finding('SERVER_AUTH', server, why));
  }
  return findings;
}

/** Whether DPS takes the key and the signature of a certificate. */
export function lintAlgorithms(certificate: Certificate): Finding[] {
  const findings: Finding[] = [];
  const say = sentences.pkiLint;
  const label = certificateLabel(certificate);
  const { publicKeyInfo, signatureAlgorithm } = certificate;
  const isShort = publicKeyInfo.family === 'rsa' && publicKeyInfo.bits < 2048;
  if (!dpsKeys.test(publicKeyInfo.name) || isShort) {
    const why = say.dpsKey(label, publicKeyInfo.name);
    findings.push(finding('DPS_PUBLIC_KEY', certificate, why));
  }
  const algorithm = signatureAlgorithmName(signatureAlgorithm);
  if (!dpsSignatures.test(algorithm)) {
    const why = say.dpsSignature(label, algorithm);
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
