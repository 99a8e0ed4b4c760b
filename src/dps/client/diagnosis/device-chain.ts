/** The certificates that a device sends, in order, and what is wrong with them by themselves. */
import { sentences } from '../../../languages/language.js';
import type { FailureCode } from '../../../pki/path/failure.js';
import { validatePath } from '../../../pki/path/validate.js';
import { type Certificate, parseCertificates } from '../../../pki/x509/certificate.js';
import { isIssuedBy } from '../../../pki/x509/issued-by.js';
import { sameId } from '../../contract/ids.js';
import type { Problem, ProblemCode } from './problem.js';

export interface DeviceChain {
  leaf: Certificate;
  /** The issuers that were sent, each the issuer of the one before: nearest first. */
  issuers: readonly Certificate[];
  /** The last of the chain. */
  top: Certificate;
  /** Sent as well, with the name of the top's issuer: the top was not signed with their keys. */
  namesakes: readonly Certificate[];
  /** Sent as well, and not part of the chain. */
  unrelated: readonly Certificate[];
  /** Whether the top is signed with its own key. */
  isComplete: boolean;
}

/**
 * Puts the certificates of a device in order.
 *
 * @param certificates PEM: the device's first, the others in any order
 * @throws EnrollkitError INVALID_CERTIFICATE
 */
export function deviceChain(certificates: string): DeviceChain {
  const [leaf, ...rest] = parseCertificates(certificates);
  const chain = [leaf!];
  let others = rest;
  let top = leaf!;
  while (!isIssuedBy(top, top)) {
    const issuer = others.find((one) => isIssuedBy(top, one));
    if (!issuer) break;
    others = others.filter((one) => one !== issuer);
    chain.push(issuer);
    top = issuer;
  }
  const isComplete = isIssuedBy(top, top);
  const isNamesake = ({ subject }: Certificate) => !isComplete && subject.equals(top.issuer);
  return {
    leaf: leaf!,
    issuers: chain.slice(1),
    top,
    namesakes: others.filter(isNamesake),
    unrelated: others.filter((one) => !isNamesake(one)),
    isComplete,
  };
}

/** A certificate's common name, or its whole subject, in quotes. */
export function nameOf({ subject }: Certificate): string {
  return `"${subject.commonName ?? subject.text}"`;
}

/** Whether the common name is the registration ID. */
export function commonNameProblems({ leaf }: DeviceChain, registrationId: string): Problem[] {
  const { commonName } = leaf.subject;
  if (commonName !== undefined && sameId(commonName, registrationId)) return [];
  return [
    {
      code: 'COMMON_NAME_MISMATCH',
      message: sentences.diagnosis.commonName(commonName, registrationId),
      fix: sentences.diagnosis.useRegistrationId(registrationId),
    },
  ];
}

/** Dates and algorithms of the device's certificate, for an enrollment that has that certificate itself. */
export function leafProblems({ leaf }: DeviceChain, at: Date): Problem[] {
  return pathProblems({ leaf, issuers: [], trusted: [leaf], at });
}

/** Dates, algorithms, signatures and constraints along the chain, as far as it was sent. */
export function chainProblems({ leaf, issuers, top, namesakes }: DeviceChain, at: Date): Problem[] {
  const trusted = namesakes.length > 0 ? namesakes : [top];
  return pathProblems({ leaf, issuers, trusted, at });
}

function pathProblems(given: {
  leaf: Certificate;
  issuers: readonly Certificate[];
  trusted: readonly Certificate[];
  at: Date;
}): Problem[] {
  const { leaf, issuers, trusted, at } = given;
  const verdict = validatePath({
    leaf,
    intermediates: issuers,
    trustAnchors: trusted,
    at,
    purpose: 'clientAuth',
  });
  if (verdict.valid) return [];
  // What the device did not send is looked at elsewhere.
  const failures = verdict.failures.filter(({ code }) => code !== 'ISSUER_NOT_FOUND');
  return failures.map(({ code, message }) => {
    const problem = codes[code] ?? 'CHAIN_INVALID';
    return { code: problem, message, fix: fixes[problem] ?? fixOfChain };
  });
}

const codes: Partial<Record<FailureCode, ProblemCode>> = {
  EXPIRED: 'CERTIFICATE_EXPIRED',
  NOT_YET_VALID: 'CERTIFICATE_NOT_YET_VALID',
  SIGNATURE_INVALID: 'WRONG_KEY',
  SIGNATURE_ALGORITHM: 'ALGORITHM_NOT_ACCEPTED',
  PUBLIC_KEY: 'ALGORITHM_NOT_ACCEPTED',
};

const fixOfChain = sentences.diagnosis.fixChain;
const fixes: Partial<Record<ProblemCode, string>> = {
  CERTIFICATE_EXPIRED: sentences.diagnosis.renew,
  CERTIFICATE_NOT_YET_VALID: sentences.diagnosis.checkMakersClock,
  WRONG_KEY: sentences.diagnosis.matchingCa,
  ALGORITHM_NOT_ACCEPTED: sentences.diagnosis.acceptedAlgorithms,
};
