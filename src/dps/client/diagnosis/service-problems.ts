/** Compares the chain of a device with what the provisioning service has. */
import { sentences } from '../../../languages/language.js';
import {
  type Certificate,
  parseCertificate,
  sha1Thumbprint,
  sha256Thumbprint,
} from '../../../pki/x509/certificate.js';
import { isIssuedBy } from '../../../pki/x509/issued-by.js';
import type {
  CertificateInfo,
  CertificateResource,
  EnrollmentGroup,
  IndividualEnrollment,
} from '../../contract/schemas.js';
import { type DeviceChain, nameOf } from './device-chain.js';
import type { Problem } from './problem.js';
import type { ServiceFacts } from './service-facts.js';

type X509 = NonNullable<EnrollmentGroup['attestation']['x509']>;

/** A CA of the chain, as the service may know it. */
interface ChainAuthority {
  /** Undefined for one that was not sent. */
  certificate?: Certificate;
  /** The names under which it is uploaded. */
  names: readonly string[];
}

/** What is wrong with an individual enrollment for this certificate; its issuers are looked at elsewhere. */
export function individualProblems(individual: IndividualEnrollment, { leaf }: DeviceChain): Problem[] {
  const { registrationId, provisioningStatus, attestation } = individual;
  const enrollment = sentences.diagnosis.individual(registrationId);
  if (attestation.type !== 'x509') {
    return [
      {
        code: 'ENROLLMENT_OF_ANOTHER_KIND',
        message: sentences.diagnosis.otherKind(enrollment, attestation.type === 'tpm'),
        fix: sentences.diagnosis.deleteIndividual(registrationId),
      },
    ];
  }
  const create = `enrollkit enrollment create ${registrationId}`;
  const problems: Problem[] = provisioningStatus === 'disabled' ? [disabled(enrollment, create)] : [];
  const clients = slotsOf(attestation.x509?.clientCertificates);
  if (clients.length > 0 && !clients.some((info) => describes(info, leaf))) {
    problems.push({
      code: 'ANOTHER_CERTIFICATE_ENROLLED',
      message: sentences.diagnosis.otherEnrolled(
        enrollment,
        clients.map(thumbprintOf).join(' and '),
        sha256Thumbprint(leaf),
      ),
      fix: sentences.diagnosis.enrollThis(registrationId),
    });
  }
  return problems;
}

/** Whether the service needs the chain: an enrollment that has the device's own certificate does not. */
export function needsChain(individual: IndividualEnrollment | null | undefined): boolean {
  return slotsOf(individual?.attestation.x509?.clientCertificates).length === 0;
}

/** What in the service keeps a chain that is right by itself from being accepted. */
export function authorityProblems(chain: DeviceChain, facts: ServiceFacts): Problem[] {
  const { authorities } = facts;
  if (authorities !== undefined) {
    const found = anchorProblems(chain, authorities);
    if (found.length > 0) return found;
  }
  if (facts.individual) {
    const { registrationId, attestation } = facts.individual;
    const what = sentences.diagnosis.individual(registrationId);
    return enrollmentProblems(
      chain,
      facts,
      [{ what, create: `enrollkit enrollment create ${registrationId}`, x509: attestation.x509 ?? {} }],
      sentences.diagnosis.individualWithoutCa(what),
    );
  }
  if (facts.groups === undefined || facts.individual === undefined) return [];
  const groups = facts.groups.filter(({ attestation }) => attestation.type === 'x509');
  if (groups.length === 0) {
    return [
      {
        code: 'NO_ENROLLMENT',
        message: sentences.diagnosis.noGroup,
        fix: sentences.diagnosis.createGroup,
      },
    ];
  }
  const enrollments = groups.map(({ enrollmentGroupId, attestation, provisioningStatus }) => ({
    what: sentences.diagnosis.group(enrollmentGroupId),
    create: `enrollkit group create ${enrollmentGroupId}`,
    x509: attestation.x509 ?? {},
    isDisabled: provisioningStatus === 'disabled',
  }));
  return enrollmentProblems(chain, facts, enrollments, sentences.diagnosis.groupsWithoutCa);
}

/** Whether the service knows the issuer that the device did not send. */
export function knowsMissingIssuer({ top }: DeviceChain, { authorities }: ServiceFacts): boolean {
  return authorities?.some((one) => mayBeIssuer(one, top)) ?? false;
}

/** Whether the chain leads to an uploaded CA that is verified. */
function anchorProblems(chain: DeviceChain, authorities: readonly CertificateResource[]): Problem[] {
  const { issuers, top, isComplete } = chain;
  const inChain = authorities.filter(
    (one) => issuers.some((issuer) => isUploaded(one, issuer)) || (!isComplete && mayBeIssuer(one, top)),
  );
  if (inChain.some(({ properties }) => properties.isVerified)) return [];
  const [unverified] = inChain;
  if (unverified) {
    return [
      {
        code: 'CA_NOT_VERIFIED',
        message: sentences.diagnosis.notVerified(
          commonNameIn(unverified.properties.subject),
          unverified.name,
        ),
        fix: sentences.diagnosis.verify(unverified.name),
      },
    ];
  }
  const missing = isComplete ? [] : [top.issuer];
  const names = [...issuers.map(({ subject }) => subject), ...missing];
  for (const one of authorities) {
    const name = names.find((subject) => isNamed(one.properties.subject, subject));
    if (name === undefined) continue;
    const sent = issuers.find(({ subject }) => subject === name);
    return [
      {
        code: 'ANOTHER_CA_OF_THE_SAME_NAME',
        message: sentences.diagnosis.namesake(
          name.commonName ?? name.text,
          one.name,
          one.properties.thumbprint.toUpperCase(),
          sent && sha1Thumbprint(sent),
        ),
        fix: sentences.diagnosis.uploadSigner,
      },
    ];
  }
  const issuer = `"${top.issuer.commonName ?? top.issuer.text}"`;
  const which = issuers.length > 0 ? nameOf(top) : issuer;
  const thumbprint = issuers.length > 0 ? sha1Thumbprint(top) : undefined;
  const notSent = isComplete || issuers.length === 0 ? undefined : issuer;
  const uploaded = authorities.length === 0 ? undefined : listed(authorities.map(({ name }) => name));
  return [
    {
      code: 'CA_NOT_UPLOADED',
      message: sentences.diagnosis.notUploaded(which, thumbprint, notSent, uploaded),
      fix: sentences.diagnosis.upload,
    },
  ];
}

interface EnrollmentOfAuthority {
  what: string;
  /** The command that creates it, which also changes it. */
  create: string;
  x509: X509;
  isDisabled?: boolean;
}

/** Whether an enrollment has a CA of the chain; the one nearest to the device decides. */
function enrollmentProblems(
  chain: DeviceChain,
  { authorities }: ServiceFacts,
  enrollments: readonly EnrollmentOfAuthority[],
  none: string,
): Problem[] {
  const chainAuthorities = authoritiesOf(chain, authorities ?? []);
  for (const authority of chainAuthorities) {
    const found = enrollments.find(({ x509 }) => hasAuthority(x509, authority));
    if (found) return found.isDisabled ? [disabled(found.what, found.create)] : [];
  }
  const byName = enrollments.some(({ x509 }) => referencesOf(x509).length > 0);
  // Without the uploaded certificates, a name says nothing.
  if (authorities === undefined && byName) return [];
  const certificates = chainAuthorities.flatMap(({ certificate }) => certificate ?? []);
  for (const { what, x509 } of enrollments) {
    const subjects = [
      ...slotsOf(x509.signingCertificates).map(({ subjectName = '', ...info }) => ({
        subjectName,
        thumbprint: thumbprintOf(info),
      })),
      ...referencesOf(x509).flatMap((reference) =>
        (authorities ?? [])
          .filter(({ name }) => name.toLowerCase() === reference.toLowerCase())
          .map(({ properties }) => ({
            subjectName: properties.subject,
            thumbprint: `${properties.thumbprint.toUpperCase()} (SHA-1)`,
          })),
      ),
    ];
    const namesake = subjects.find(({ subjectName }) =>
      certificates.some(({ subject }) => isNamed(subjectName, subject)),
    );
    if (!namesake) continue;
    const own = certificates.find(({ subject }) => isNamed(namesake.subjectName, subject))!;
    return [
      {
        code: 'ANOTHER_CA_OF_THE_SAME_NAME',
        message: sentences.diagnosis.otherCaEnrolled(
          what,
          nameOf(own),
          namesake.thumbprint,
          sha256Thumbprint(own),
          sha1Thumbprint(own),
        ),
        fix: sentences.diagnosis.enrollSigner,
      },
    ];
  }
  const inChain = listed(certificates.map(nameOf));
  return [
    {
      code: 'CA_NOT_ENROLLED',
      message: sentences.diagnosis.notEnrolled(
        none,
        inChain === '' ? undefined : inChain,
        listed(enrollments.map(({ what }) => what)),
      ),
      fix: sentences.diagnosis.createGroupOrReissue,
    },
  ];
}

function disabled(enrollment: string, create: string): Problem {
  return {
    code: 'ENROLLMENT_DISABLED',
    message: sentences.diagnosis.disabled(enrollment),
    fix: sentences.diagnosis.enable(enrollment, `${create} --update --provisioning-status enabled`),
  };
}

/** The CAs of the chain, nearest to the device first; the last may be one that the device did not send. */
function authoritiesOf(
  { issuers, top, isComplete }: DeviceChain,
  authorities: readonly CertificateResource[],
): ChainAuthority[] {
  const sent = issuers.map((certificate) => ({
    certificate,
    names: authorities.filter((one) => isUploaded(one, certificate)).map(({ name }) => name),
  }));
  if (isComplete) return sent;
  const known = authorities.filter((one) => mayBeIssuer(one, top));
  return [
    ...sent,
    ...known.map((one) => {
      const certificate = certificateOf(one);
      return { names: [one.name], ...(certificate ? { certificate } : {}) };
    }),
  ];
}

function hasAuthority(x509: X509, { certificate, names }: ChainAuthority): boolean {
  const isReferenced = referencesOf(x509).some((reference) =>
    names.some((name) => name.toLowerCase() === reference.toLowerCase()),
  );
  return (
    isReferenced ||
    (certificate !== undefined &&
      slotsOf(x509.signingCertificates).some((info) => describes(info, certificate)))
  );
}

/** The certificate of an uploaded CA, which not every api-version returns. */
function certificateOf({ properties }: CertificateResource): Certificate | undefined {
  if (!properties.certificate) return undefined;
  try {
    const bytes = Buffer.from(properties.certificate, 'base64');
    return parseCertificate(bytes.includes('-----BEGIN') ? bytes.toString('latin1') : bytes);
  } catch {
    return undefined;
  }
}

function isUploaded({ properties }: CertificateResource, certificate: Certificate): boolean {
  return properties.thumbprint.toUpperCase() === sha1Thumbprint(certificate);
}

/** Whether an uploaded CA is the issuer of a certificate: by its key, or by its name where only that is known. */
function mayBeIssuer(uploaded: CertificateResource, certificate: Certificate): boolean {
  const authority = certificateOf(uploaded);
  return authority
    ? isIssuedBy(certificate, authority)
    : isNamed(uploaded.properties.subject, certificate.issuer);
}

/** Whether a text of the service is this name: a common name, or all of it. */
function isNamed(text: string, { commonName, text: whole }: Certificate['subject']): boolean {
  const wanted = text.toLowerCase();
  return wanted === whole.toLowerCase() || commonNameIn(text).toLowerCase() === commonName?.toLowerCase();
}

function commonNameIn(text: string): string {
  return /(?:^|, ?)CN=([^,]*)/i.exec(text)?.[1] ?? text;
}

function slotsOf(pair: X509['signingCertificates']): Partial<CertificateInfo>[] {
  return [pair?.primary?.info, pair?.secondary?.info].filter((info) => info != null);
}

function referencesOf({ caReferences }: X509): string[] {
  return [caReferences?.primary, caReferences?.secondary].filter(
    (name): name is string => typeof name === 'string' && name !== '',
  );
}

function describes(
  { sha256Thumbprint: sha256, sha1Thumbprint: sha1 }: Partial<CertificateInfo>,
  one: Certificate,
): boolean {
  if (sha256) return sha256.toUpperCase() === sha256Thumbprint(one);
  return sha1?.toUpperCase() === sha1Thumbprint(one);
}

function thumbprintOf({ sha256Thumbprint: sha256, sha1Thumbprint: sha1 }: Partial<CertificateInfo>): string {
  return sha256
    ? `${sha256.toUpperCase()} (SHA-256)`
    : `${(sha1 ?? sentences.diagnosis.unknownThumbprint).toUpperCase()} (SHA-1)`;
}

/** A few names; the rest is counted. */
function listed(names: readonly string[]): string {
  return sentences.diagnosis.listed(names.slice(0, 5), Math.max(0, names.length - 5));
}
