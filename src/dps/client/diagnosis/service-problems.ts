/** Compares the chain of a device with what the provisioning service has. */
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
  const enrollment = `individual enrollment ${registrationId}`;
  if (attestation.type !== 'x509') {
    return [
      {
        code: 'ENROLLMENT_OF_ANOTHER_KIND',
        message: `The ${enrollment} decides alone, and it is for ${attestation.type === 'tpm' ? 'a TPM' : 'a symmetric key'}, not for a certificate.`,
        fix: 'Delete the individual enrollment, so that the enrollment groups decide, or give it the certificate of the device.',
      },
    ];
  }
  const problems: Problem[] = provisioningStatus === 'disabled' ? [disabled(enrollment)] : [];
  const clients = slotsOf(attestation.x509?.clientCertificates);
  if (clients.length > 0 && !clients.some((info) => describes(info, leaf))) {
    problems.push({
      code: 'ANOTHER_CERTIFICATE_ENROLLED',
      message: `The ${enrollment} decides alone, and it has another certificate: ${clients.map(thumbprintOf).join(' and ')}. That of the device is ${sha256Thumbprint(leaf)} (SHA-256).`,
      fix: 'Enroll the certificate that the device has (enrollkit enrollment create ID --update --certificate FILE), or give the device the enrolled one.',
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
    const what = `individual enrollment ${registrationId}`;
    return enrollmentProblems(
      chain,
      facts,
      [{ what, x509: attestation.x509 ?? {} }],
      `The ${what} has no CA`,
    );
  }
  if (facts.groups === undefined || facts.individual === undefined) return [];
  const groups = facts.groups.filter(({ attestation }) => attestation.type === 'x509');
  if (groups.length === 0) {
    return [
      {
        code: 'NO_ENROLLMENT',
        message:
          'The provisioning service has no enrollment group for certificates, and no individual enrollment of this device.',
        fix: 'Create an enrollment group: enrollkit group create --help',
      },
    ];
  }
  const enrollments = groups.map(({ enrollmentGroupId, attestation, provisioningStatus }) => ({
    what: `enrollment group ${enrollmentGroupId}`,
    x509: attestation.x509 ?? {},
    isDisabled: provisioningStatus === 'disabled',
  }));
  return enrollmentProblems(chain, facts, enrollments, 'No enrollment group has a CA');
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
        message: `The CA "${commonNameIn(unverified.properties.subject)}" is uploaded as ${unverified.name}, and is not verified: its possession is not proven.`,
        fix: `Verify it: enrollkit ca verify ${unverified.name} --certificate FILE --key FILE`,
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
        message: `A CA named "${name.commonName ?? name.text}" is uploaded as ${one.name}, and it is another certificate: its SHA-1 is ${one.properties.thumbprint.toUpperCase()}${sent ? `, that of the device’s CA ${sha1Thumbprint(sent)}` : ', and its key did not sign what the device sent'}.`,
        fix: 'Upload and verify the CA that signed the device, or issue the device’s certificate again with the uploaded one.',
      },
    ];
  }
  const which = issuers.length > 0 ? nameOf(top) : `"${top.issuer.commonName ?? top.issuer.text}"`;
  const thumbprint = issuers.length > 0 ? ` (SHA-1 ${sha1Thumbprint(top)})` : '';
  const notSent =
    isComplete || issuers.length === 0
      ? ''
      : `, whose issuer "${top.issuer.commonName ?? top.issuer.text}" was not sent`;
  return [
    {
      code: 'CA_NOT_UPLOADED',
      message: `No CA of the chain is uploaded: the chain leads to ${which}${thumbprint}${notSent}. ${authorities.length === 0 ? 'No CA is uploaded.' : `Uploaded: ${listed(authorities.map(({ name }) => name))}.`}`,
      fix: 'Upload the CA, then verify it: enrollkit ca upload FILE --ca-name NAME, enrollkit ca verify NAME --certificate FILE --key FILE',
    },
  ];
}

interface EnrollmentOfAuthority {
  what: string;
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
    if (found) return found.isDisabled ? [disabled(found.what)] : [];
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
        message: `The ${what} has a CA named ${nameOf(own)}, and it is another certificate: ${namesake.thumbprint}. That of the device’s chain is ${sha256Thumbprint(own)} (SHA-256), ${sha1Thumbprint(own)} (SHA-1).`,
        fix: 'Give the enrollment the CA that signed the device, or issue the device’s certificate again with the CA of the enrollment.',
      },
    ];
  }
  const inChain = listed(certificates.map(nameOf));
  return [
    {
      code: 'CA_NOT_ENROLLED',
      message: `${none} of this chain${inChain === '' ? '' : ` (${inChain})`}; there ${enrollments.length === 1 ? 'is' : 'are'}: ${listed(enrollments.map(({ what }) => what.replace('enrollment group ', '')))}.`,
      fix: 'Create an enrollment group with a CA of this chain (enrollkit group create --help), or issue the device’s certificate with the CA of an enrollment.',
    },
  ];
}

function disabled(enrollment: string): Problem {
  return {
    code: 'ENROLLMENT_DISABLED',
    message: `The ${enrollment} is disabled.`,
    fix: `Enable the ${enrollment}, then run the same command again.`,
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
  return sha256 ? `${sha256.toUpperCase()} (SHA-256)` : `${(sha1 ?? 'unknown').toUpperCase()} (SHA-1)`;
}

/** A few names; the rest is counted. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ');
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown;
}
