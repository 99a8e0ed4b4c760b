/** Rules for what is inside of extensions that validation has no use for, or reads more generously. */
import { sentences } from '../../languages/language.js';
import {
  children,
  DerError,
  type Element,
  integerOf,
  objectIdentifierOf,
  readOnly,
  sequenceOf,
  tags,
} from '../der/read.js';
import { shortened } from '../path/failure.js';
import { isWellFormedConstraint } from '../path/name-matching.js';
import { anyPolicy } from '../path/policy-extensions.js';
import type { Certificate } from '../x509/certificate.js';
import { type Extension, extensionTypes } from '../x509/extensions.js';
import { type GeneralName, generalNameOf, generalNameText } from '../x509/general-name.js';
import { lookAtNames } from '../x509/look.js';
import { alternativeNameProblems } from './alternative-name-rules.js';
import type { LintCode } from './rules.js';

interface Problem {
  code: LintCode;
  message: string;
}

const types = {
  issuerAlternativeName: '2.5.29.18',
  distributionPoints: '2.5.29.31',
  freshestList: '2.5.29.46',
  timestamps: '1.3.6.1.4.1.11129.2.4.2',
  precertificatePoison: '1.3.6.1.4.1.11129.2.4.3',
} as const;

/** RFC 5280 section 4.2.1.4. */
const qualifierTypes = { statement: '1.3.6.1.5.5.7.2.1', userNotice: '1.3.6.1.5.5.7.2.2' } as const;
const maxExplicitText = 200;

/** @param label names the certificate in a sentence */
type Rule = (extension: Extension, label: string, certificate: Certificate) => Iterable<Problem>;

/** By type of extension. */
const rules: Readonly<Record<string, Rule>> = {
  [extensionTypes.basicConstraints]: basicConstraintsProblems,
  [extensionTypes.keyUsage]: keyUsageProblems,
  [extensionTypes.certificatePolicies]: policyProblems,
  [extensionTypes.policyMappings]: mappingProblems,
  [extensionTypes.nameConstraints]: nameConstraintProblems,
  [types.issuerAlternativeName]: issuerNameProblems,
  [types.distributionPoints]: distributionPointProblems,
  [types.freshestList]: distributionPointProblems,
  [types.timestamps]: timestampProblems,
};

/**
 * What is wrong inside the extensions of a certificate. Those of a wrong shape are told elsewhere.
 *
 * @param label names the certificate in a sentence
 */
export function contentProblems(certificate: Certificate, label: string): Problem[] {
  const problems = criticalityProblems(certificate, label);
  for (const extension of certificate.extensions.values()) {
    try {
      for (const problem of rules[extension.type]?.(extension, label, certificate) ?? [])
        problems.push(problem);
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      problems.push({
        code: 'EXTENSION_MALFORMED',
        message: sentences.pkiLint.extensionUnreadable(label, extension.type, error.message),
      });
    }
  }
  return problems;
}

/** The default of `critical`, written out. */
function criticalityProblems({ toBeSigned }: Certificate, label: string): Problem[] {
  try {
    const list = sequenceOf(readOnly(toBeSigned)).find(({ tag }) => tag === 0xa3);
    const items = list ? sequenceOf(readOnly(list.content)) : [];
    return items.flatMap((item) => {
      const [type, critical] = sequenceOf(item);
      const isDefault = critical?.tag === tags.boolean && critical.content[0] === 0;
      const message = sentences.pkiLint.criticalFalse(label, objectIdentifierOf(type));
      return isDefault ? [{ code: 'EXTENSION_NOT_DER' as const, message }] : [];
    });
  } catch (error) {
    if (error instanceof DerError) return [];
    throw error;
  }
}

function* basicConstraintsProblems({ value }: Extension, label: string): Iterable<Problem> {
  const [flag] = sequenceOf(readOnly(value));
  if (flag?.tag === tags.boolean && flag.content[0] === 0)
    yield { code: 'EXTENSION_NOT_DER', message: sentences.pkiLint.certificateAuthorityFalse(label) };
}

/** ITU-T X.690 section 11.2.2: a named bit list ends with a 1. */
function* keyUsageProblems({ value }: Extension, label: string): Iterable<Problem> {
  const { content } = readOnly(value);
  const unused = content[0] ?? 0;
  const last = content.length > 1 ? content.at(-1)! : undefined;
  if (last !== undefined && ((last >> unused) & 1) === 0)
    yield { code: 'EXTENSION_NOT_DER', message: sentences.pkiLint.keyUsageZeroBits(label) };
  if ((content.length - 1) * 8 - unused > 9)
    yield { code: 'KEY_USAGE_BITS', message: sentences.pkiLint.keyUsageBits(label) };
}

function* policyProblems({ value }: Extension, label: string): Iterable<Problem> {
  const seen = new Set<string>();
  for (const information of sequenceOf(readOnly(value))) {
    const [type, list] = sequenceOf(information);
    const policy = objectIdentifierOf(type);
    if (seen.has(policy))
      yield { code: 'POLICY_DUPLICATE', message: sentences.pkiLint.policyDuplicate(label, policy) };
    seen.add(policy);
    for (const qualifier of list ? sequenceOf(list) : []) {
      const [qualifierType, content] = sequenceOf(qualifier);
      const kind = objectIdentifierOf(qualifierType);
      const isKnown = kind === qualifierTypes.statement || kind === qualifierTypes.userNotice;
      if (policy === anyPolicy && !isKnown)
        yield { code: 'POLICY_QUALIFIER', message: sentences.pkiLint.policyQualifier(label, kind) };
      if (kind === qualifierTypes.userNotice && content?.tag === tags.sequence)
        yield* noticeProblems(content, label);
    }
  }
}

function* noticeProblems(notice: Element, label: string): Iterable<Problem> {
  // The reference to a notice is a SEQUENCE.
  const text = sequenceOf(notice).find(({ tag }) => tag !== tags.sequence);
  if (!text) return;
  if (text.tag === tags.ia5String)
    yield { code: 'POLICY_EXPLICIT_TEXT', message: sentences.pkiLint.noticeEncoding(label) };
  const { length } =
    text.tag === tags.bmpString ? text.content.subarray(text.content.length / 2) : text.content;
  const characters = text.tag === tags.utf8String ? [...text.content.toString('utf8')].length : length;
  if (characters > maxExplicitText)
    yield {
      code: 'POLICY_EXPLICIT_TEXT',
      message: sentences.pkiLint.noticeTooLong(label, characters, maxExplicitText),
    };
}

function* mappingProblems({ value }: Extension, label: string): Iterable<Problem> {
  for (const mapping of sequenceOf(readOnly(value))) {
    if (sequenceOf(mapping).some((policy) => objectIdentifierOf(policy) === anyPolicy))
      yield { code: 'POLICY_MAPPING_ANY', message: sentences.pkiLint.policyMappingAny(label) };
  }
}

function* nameConstraintProblems({ value }: Extension, label: string): Iterable<Problem> {
  for (const subtrees of sequenceOf(readOnly(value))) {
    for (const subtree of children(subtrees)) {
      const [base, ...distances] = sequenceOf(subtree);
      for (const distance of distances) {
        const isMaximum = distance.tag === 0x81;
        const digits = integerOf(distance, distance.tag).toString('hex');
        const message = isMaximum
          ? sentences.pkiLint.nameConstraintMaximum(label, `0x${digits}`)
          : sentences.pkiLint.nameConstraintMinimum(label, `0x${digits}`);
        yield { code: 'NAME_CONSTRAINT_DISTANCE', message };
      }
      const name = base && generalNameOf(base);
      if (name && !isLegalConstraint(name))
        yield {
          code: 'NAME_CONSTRAINT_MALFORMED',
          message: sentences.pkiLint.nameConstraintMalformed(label, shortened(generalNameText(name))),
        };
    }
  }
}

/** A URI's constraint is a host (RFC 5280 section 4.2.1.10), not a URI. */
function isLegalConstraint(name: GeneralName): boolean {
  if (!isWellFormedConstraint(name)) return false;
  return name.kind !== 'uniformResourceIdentifier' || name.value.replace(/^\./, '').includes('.');
}

function* issuerNameProblems({ value }: Extension, label: string): Iterable<Problem> {
  const { names, problems } = lookAtNames(value);
  for (const problem of problems)
    yield {
      code: 'ALTERNATIVE_NAME_MALFORMED',
      message: sentences.pkiLint.issuerAlternativeNameMalformed(label, problem),
    };
  for (const name of names) {
    for (const { code, problem } of alternativeNameProblems(name))
      yield {
        code,
        message: sentences.pkiLint.issuerAlternativeName(label, shortened(generalNameText(name)), problem),
      };
  }
}

function* distributionPointProblems({ value }: Extension, label: string): Iterable<Problem> {
  for (const point of sequenceOf(readOnly(value))) {
    const parts = sequenceOf(point);
    if (!parts.some(({ tag }) => tag === 0xa0 || tag === 0xa2))
      yield {
        code: 'DISTRIBUTION_POINT_INCOMPLETE',
        message: sentences.pkiLint.distributionPointIncomplete(label),
      };
  }
}

/** A list is an OCTET STRING with the length of the list in its first two octets. */
function* timestampProblems(
  { value }: Extension,
  label: string,
  { extensions }: Certificate,
): Iterable<Problem> {
  const { content } = readOnly(value, tags.octetString);
  if (content.length <= 2)
    yield {
      code: 'SIGNED_CERTIFICATE_TIMESTAMPS',
      message: sentences.pkiLint.timestampsEmpty(label),
    };
  if (extensions.has(types.precertificatePoison))
    yield {
      code: 'SIGNED_CERTIFICATE_TIMESTAMPS',
      message: sentences.pkiLint.timestampsInPrecertificate(label),
    };
}
