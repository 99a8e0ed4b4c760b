/** Lints a chain by the rules for issuers of RFC 5280 section 4 and the requirements of DPS. */
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { DerError } from '../der/read.js';
import { certificateLabel } from '../path/failure.js';
import type { Certificate } from '../x509/certificate.js';
import { odditiesOf } from '../x509/look.js';
import { lintChainOrder } from './chain-rules.js';
import { lintExtensions } from './extension-rules.js';
import { lintFields } from './field-rules.js';
import { type Finding, finding } from './rules.js';
import { lintSubject } from './subject-rules.js';
import { lintUse, type Use, usualUse } from './use-rules.js';

export { type Finding, type LintCode, lintRules, type Severity } from './rules.js';
export { type Use, usualUse } from './use-rules.js';

export interface LintOptions {
  /** The time to lint at; certificates that are not valid then are findings. */
  at: Date;
  /** What the first certificate is for; by default guessed from its extensions. */
  use?: Use;
  /** Returns what is wrong with a registration ID, as a sentence, or undefined. Without it, the rule is skipped. */
  registrationIdProblem?: (commonName: string) => string | undefined;
}

/**
 * Lints a chain. Whether to trust it is up to `validateChain`. Certificates that `parseCertificate` refuses can be read
 * for this with `lookAtCertificates`.
 *
 * @param certificates the leaf first, each followed by its issuer; a single one is fine, and none gives no findings
 * @returns the findings, certificate by certificate, then for the chain; `lintRules` lists the codes
 * @throws EnrollkitError USAGE when `at` is not a date
 */
export function lintChain(certificates: readonly Certificate[], options: LintOptions): Finding[] {
  const { at } = options;
  if (Number.isNaN(at.getTime())) throw new EnrollkitError('USAGE', sentences.pkiLint.invalidDate);
  const [leaf] = certificates;
  if (!leaf) return [];
  return [
    ...certificates.flatMap((certificate) => [
      ...lintOddities(certificate),
      ...lintCertificate(certificate, at),
    ]),
    ...lintChainOrder(certificates),
    ...lintUse(certificates, options.use ?? usualUse(leaf), options.registrationIdProblem),
  ];
}

/** Why the strict reader refuses a certificate. */
function lintOddities(certificate: Certificate): Finding[] {
  const label = certificateLabel(certificate);
  return odditiesOf(certificate).map(({ code, problem }) =>
    finding(code, certificate, sentences.pkiLint.malformed(label, problem)),
  );
}

/** A part that cannot be read is no reason not to look at the others. */
function lintCertificate(certificate: Certificate, at: Date): Finding[] {
  const parts = [
    () => lintFields(certificate, at),
    () => lintSubject(certificate),
    () => lintExtensions(certificate),
  ];
  return parts.flatMap((lint) => {
    try {
      return lint();
    } catch (error) {
      // Of odd certificates, which have their findings.
      if (error instanceof DerError && odditiesOf(certificate).length > 0) return [];
      throw error;
    }
  });
}
