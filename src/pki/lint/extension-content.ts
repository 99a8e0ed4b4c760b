/** Rules for what is inside of extensions that validation has no use for, or reads more generously. */
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
  /** As the end of a sentence that begins with the certificate. */
  problem: string;
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

type Rule = (extension: Extension, certificate: Certificate) => Iterable<Problem>;

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

/** What is wrong inside of the extensions of a certificate. Those of a wrong shape are told elsewhere. */
export function contentProblems(certificate: Certificate): Problem[] {
  const problems = criticalityProblems(certificate);
  for (const extension of certificate.extensions.values()) {
    try {
      for (const problem of rules[extension.type]?.(extension, certificate) ?? []) problems.push(problem);
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      problems.push({
        code: 'EXTENSION_MALFORMED',
        problem: `has the extension ${extension.type} in a wrong shape: ${error.message}`,
      });
    }
  }
  return problems;
}

/** The default of `critical`, written out. */
function criticalityProblems({ toBeSigned }: Certificate): Problem[] {
  try {
    const list = sequenceOf(readOnly(toBeSigned)).find(({ tag }) => tag === 0xa3);
    const items = list ? sequenceOf(readOnly(list.content)) : [];
    return items.flatMap((item) => {
      const [type, critical] = sequenceOf(item);
      const isDefault = critical?.tag === tags.boolean && critical.content[0] === 0;
      const problem = `has the extension ${objectIdentifierOf(type)} with critical FALSE written out`;
      return isDefault ? [{ code: 'EXTENSION_NOT_DER' as const, problem }] : [];
    });
  } catch (error) {
    if (error instanceof DerError) return [];
    throw error;
  }
}

function* basicConstraintsProblems({ value }: Extension): Iterable<Problem> {
  const [flag] = sequenceOf(readOnly(value));
  if (flag?.tag === tags.boolean && flag.content[0] === 0)
    yield { code: 'EXTENSION_NOT_DER', problem: 'has basic constraints with cA FALSE written out' };
}

/** ITU-T X.690 section 11.2.2: a named bit list ends with a 1. */
function* keyUsageProblems({ value }: Extension): Iterable<Problem> {
  const { content } = readOnly(value);
  const unused = content[0] ?? 0;
  const last = content.length > 1 ? content.at(-1)! : undefined;
  if (last !== undefined && ((last >> unused) & 1) === 0)
    yield { code: 'EXTENSION_NOT_DER', problem: 'has a key usage with zero bits at its end' };
  if ((content.length - 1) * 8 - unused > 9)
    yield { code: 'KEY_USAGE_BITS', problem: 'has a key usage of more than nine bits' };
}

function* policyProblems({ value }: Extension): Iterable<Problem> {
  const seen = new Set<string>();
  for (const information of sequenceOf(readOnly(value))) {
    const [type, list] = sequenceOf(information);
    const policy = objectIdentifierOf(type);
    if (seen.has(policy))
      yield { code: 'POLICY_DUPLICATE', problem: `has the certificate policy ${policy} twice` };
    seen.add(policy);
    for (const qualifier of list ? sequenceOf(list) : []) {
      const [qualifierType, content] = sequenceOf(qualifier);
      const kind = objectIdentifierOf(qualifierType);
      const isKnown = kind === qualifierTypes.statement || kind === qualifierTypes.userNotice;
      if (policy === anyPolicy && !isKnown)
        yield { code: 'POLICY_QUALIFIER', problem: `has the policy anyPolicy with the qualifier ${kind}` };
      if (kind === qualifierTypes.userNotice && content?.tag === tags.sequence)
        yield* noticeProblems(content);
    }
  }
}

function* noticeProblems(notice: Element): Iterable<Problem> {
  // The reference to a notice is a SEQUENCE.
  const text = sequenceOf(notice).find(({ tag }) => tag !== tags.sequence);
  if (!text) return;
  if (text.tag === tags.ia5String)
    yield { code: 'POLICY_EXPLICIT_TEXT', problem: 'has a user notice whose text is an IA5String' };
  const { length } =
    text.tag === tags.bmpString ? text.content.subarray(text.content.length / 2) : text.content;
  const characters = text.tag === tags.utf8String ? [...text.content.toString('utf8')].length : length;
  if (characters > maxExplicitText)
    yield {
      code: 'POLICY_EXPLICIT_TEXT',
      problem: `has a user notice of ${characters} characters; at most ${maxExplicitText} are allowed`,
    };
}

function* mappingProblems({ value }: Extension): Iterable<Problem> {
  for (const mapping of sequenceOf(readOnly(value))) {
    if (sequenceOf(mapping).some((policy) => objectIdentifierOf(policy) === anyPolicy))
      yield { code: 'POLICY_MAPPING_ANY', problem: 'has a policy mapping to or from anyPolicy' };
  }
}

function* nameConstraintProblems({ value }: Extension): Iterable<Problem> {
  for (const subtrees of sequenceOf(readOnly(value))) {
    for (const subtree of children(subtrees)) {
      const [base, ...distances] = sequenceOf(subtree);
      for (const distance of distances) {
        const isMaximum = distance.tag === 0x81;
        const digits = integerOf(distance, distance.tag).toString('hex');
        yield {
          code: 'NAME_CONSTRAINT_DISTANCE',
          problem: `has a name constraint with the ${isMaximum ? 'maximum' : 'minimum'} 0x${digits}`,
        };
      }
      const name = base && generalNameOf(base);
      if (name && !isLegalConstraint(name))
        yield {
          code: 'NAME_CONSTRAINT_MALFORMED',
          problem: `has the name constraint ${shortened(generalNameText(name))}, which is none`,
        };
    }
  }
}

/** A URI's constraint is a host (RFC 5280 section 4.2.1.10), not a URI. */
function isLegalConstraint(name: GeneralName): boolean {
  if (!isWellFormedConstraint(name)) return false;
  return name.kind !== 'uniformResourceIdentifier' || name.value.replace(/^\./, '').includes('.');
}

function* issuerNameProblems({ value }: Extension): Iterable<Problem> {
  const { names, problems } = lookAtNames(value);
  for (const problem of problems)
    yield {
      code: 'ALTERNATIVE_NAME_MALFORMED',
      problem: `has a malformed issuer alternative name: ${problem}`,
    };
  for (const name of names) {
    for (const { code, problem } of alternativeNameProblems(name))
      yield { code, problem: `has the issuer alternative name ${problem}` };
  }
}

function* distributionPointProblems({ value }: Extension): Iterable<Problem> {
  for (const point of sequenceOf(readOnly(value))) {
    const parts = sequenceOf(point);
    if (!parts.some(({ tag }) => tag === 0xa0 || tag === 0xa2))
      yield {
        code: 'DISTRIBUTION_POINT_INCOMPLETE',
        problem: 'has a CRL distribution point without a name and an issuer',
      };
  }
}

/** A list is an OCTET STRING with the length of the list in its first two octets. */
function* timestampProblems({ value }: Extension, { extensions }: Certificate): Iterable<Problem> {
  const { content } = readOnly(value, tags.octetString);
  if (content.length <= 2)
    yield {
      code: 'SIGNED_CERTIFICATE_TIMESTAMPS',
      problem: 'has an empty list of signed certificate timestamps',
    };
  if (extensions.has(types.precertificatePoison))
    yield {
      code: 'SIGNED_CERTIFICATE_TIMESTAMPS',
      problem: 'is a precertificate, and has signed certificate timestamps',
    };
}
