/** A CA that you have already: whether a plan can use it, and its copy in the certificate folder. */

import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { generateKeyPair } from '../pki/keys.js';
import { lintAlgorithms } from '../pki/lint/use-rules.js';
import { type Issuer, issue } from '../pki/make/issue.js';
import { loadProfile } from '../pki/make/profile.js';
import { type Certificate, parseCertificate } from '../pki/x509/certificate.js';
import type { Plan } from './plan/fields.js';
import { type CaRole, edgeCaName } from './planned-certificates.js';
import type { ExistingCa } from './step.js';

/** What a CA is in a chain: a certificate that names itself as its issuer is a root. */
export function roleOfCa({ subject, issuer }: Certificate): CaRole {
  return subject.equals(issuer) ? 'root' : 'intermediate';
}

/** The plan with this CA in it. Of an intermediate, the possession can be proven; of the root above it, only with its key. */
export function withExistingCa(plan: Plan, certificate: Certificate): Plan {
  const existingCa = roleOfCa(certificate);
  const certificates = { ...plan.certificates, existingCa };
  if (existingCa === 'root') return { ...plan, certificates };
  const { name } = plan.certificateAuthority;
  return {
    ...plan,
    certificates: { ...certificates, intermediate: true },
    certificateAuthority: {
      ...plan.certificateAuthority,
      uploaded: 'intermediate',
      name: name === 'enrollkit-root' ? 'enrollkit-intermediate' : name,
    },
  };
}

/**
 * Refuses a CA that cannot issue every certificate that the plan needs below it, or that DPS does not accept. Nothing is
 * written.
 *
 * @param at the current time, by the clock of the target
 * @throws EnrollkitError USAGE when the plan expects another CA; ISSUER_NOT_ALLOWED; both name the CA's file
 */
export async function assertCanUse(plan: Plan, ca: ExistingCa, at: Date): Promise<void> {
  const certificate = parseCertificate(ca.pem);
  const refuse = (code: 'USAGE' | 'ISSUER_NOT_ALLOWED', why: string, next: string) =>
    new EnrollkitError(code, `${ca.path}: ${why}`, { next });
  const role = roleOfCa(certificate);
  const { certificates } = plan;
  if (certificates.existingCa !== role) {
    const { otherKindOfCa, giveThisKindOfCa } = sentences.quickstart;
    throw refuse(
      'USAGE',
      otherKindOfCa(role, certificates.existingCa),
      giveThisKindOfCa(certificates.existingCa),
    );
  }
  const [wanted, flag] =
    role === 'root'
      ? [certificates.rootCommonName, '--root-name']
      : [certificates.intermediateCommonName, '--intermediate-name'];
  if (wanted !== null && wanted !== certificate.subject.commonName) {
    const why = sentences.quickstart.otherCaName(certificate.subject.commonName ?? '', wanted);
    throw refuse('USAGE', why, sentences.quickstart.keepsItsName(flag));
  }
  const next = sentences.quickstart.giveAnotherCa;
  const [unsupported] = lintAlgorithms(certificate);
  if (unsupported) throw refuse('ISSUER_NOT_ALLOWED', unsupported.message, next);
  try {
    await issueAll(plan, ca, role, at);
  } catch (error) {
    const isOfCa = error instanceof EnrollkitError && error.code === 'ISSUER_NOT_ALLOWED';
    throw isOfCa ? refuse('ISSUER_NOT_ALLOWED', error.message, next) : error;
  }
}

/** Issues what the run will issue, with a key that is thrown away: name constraints may exclude a single device. */
async function issueAll(plan: Plan, ca: ExistingCa, role: CaRole, at: Date): Promise<void> {
  const { publicKey, privateKey } = await generateKeyPair('ec-p256');
  const { intermediate, intermediateCommonName } = plan.certificates;
  let issuer: Issuer = { certificate: ca.pem, chainPem: ca.chainPem, privateKey: ca.privateKey };
  if (role === 'root' && intermediate) {
    const commonName = intermediateCommonName ?? 'Enrollkit Intermediate CA';
    const profile = loadProfile('intermediate');
    const { pem } = await issue({ profile, subject: { commonName }, publicKey, issuer, at });
    issuer = { certificate: pem, chainPem: pem + ca.chainPem, privateKey };
  }
  for (const id of plan.devices.registrationIds) {
    const profile = loadProfile('device');
    await issue({ profile, subject: { commonName: id }, publicKey, issuer, at });
    if (!plan.enrollmentGroup.iotEdge) continue;
    const subject = { commonName: edgeCaName(id) };
    await issue({ profile: loadProfile('edge-ca'), subject, publicKey, issuer, at });
  }
}
