/** What is wrong, or unwise, with a chain as its issuers made it: RFC 5280 section 4, and what DPS asks for besides. */
import { EnrollkitError } from '../../errors.js';
import type { Certificate } from '../x509/certificate.js';
import { lintChainOrder } from './chain-rules.js';
import { lintExtensions } from './extension-rules.js';
import { lintFields } from './field-rules.js';
import type { Finding } from './rules.js';
import { lintSubject } from './subject-rules.js';
import { lintUse, type Use, usualUse } from './use-rules.js';

export { type Finding, type LintCode, lintRules, type Severity } from './rules.js';
export { type Use, usualUse } from './use-rules.js';

export interface LintOptions {
  /** When; certificates that are not valid then are findings. */
  at: Date;
  /** What the first certificate is for; what it looks like when left out. */
  use?: Use;
  /** A sentence on what is wrong with a registration ID, or undefined; the rule is not applied when left out. */
  registrationIdProblem?: (commonName: string) => string | undefined;
}

/**
 * Lints a chain. It is no verdict on whether to trust it: `validateChain` gives that. Reading a certificate refuses
 * the coarsest faults already, such as an extension that comes twice.
 *
 * @param certificates the leaf first, each followed by its issuer; one alone is fine, none gives no findings
 * @returns what was found, certificate by certificate, then of the chain; `lintRules` lists the codes
 * @throws EnrollkitError USAGE when `at` is no date
 */
export function lintChain(certificates: readonly Certificate[], options: LintOptions): Finding[] {
  const { at } = options;
  if (Number.isNaN(at.getTime())) throw new EnrollkitError('USAGE', 'The time to lint at is not a date.');
  const [leaf] = certificates;
  if (!leaf) return [];
  return [
    ...certificates.flatMap((certificate) => [
      ...lintFields(certificate, at),
      ...lintSubject(certificate),
      ...lintExtensions(certificate),
    ]),
    ...lintChainOrder(certificates),
    ...lintUse(certificates, options.use ?? usualUse(leaf), options.registrationIdProblem),
  ];
}
