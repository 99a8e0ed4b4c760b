/** The four extensions about certificate policies (RFC 5280 sections 4.2.1.4, 4.2.1.5, 4.2.1.11 and 4.2.1.14), decoded. */

import { sentences } from '../../languages/language.js';
import { DerError, objectIdentifierOf, readOnly, sequenceOf, smallIntegerOf } from '../der/read.js';
import type { Certificate } from '../x509/certificate.js';
import { extensionTypes } from '../x509/extensions.js';

export const anyPolicy = '2.5.29.32.0';

export interface PolicyExtensions {
  /** Object identifiers; undefined without the extension. */
  policies?: readonly string[];
  /** The type of a qualifier that RFC 5280 does not define. */
  unknownQualifier?: string;
  /** The subject's policies by the issuer's policy. */
  mappings: ReadonlyMap<string, readonly string[]>;
  /** How many certificates can follow before an explicit policy is required. */
  requireExplicitPolicy?: number;
  inhibitPolicyMapping?: number;
  inhibitAnyPolicy?: number;
}

const known = new WeakMap<Certificate, PolicyExtensions>();

/** @throws DerError when one of them is malformed */
export function policyExtensionsOf(certificate: Certificate): PolicyExtensions {
  let result = known.get(certificate);
  if (!result) {
    result = read(certificate);
    known.set(certificate, result);
  }
  return result;
}

function read({ extensions }: Certificate): PolicyExtensions {
  const value = (type: string) => extensions.get(type)?.value;
  const policies = value(extensionTypes.certificatePolicies);
  const mappings = value(extensionTypes.policyMappings);
  const constraints = value(extensionTypes.policyConstraints);
  const inhibit = value(extensionTypes.inhibitAnyPolicy);
  return {
    ...(policies ? policiesOf(policies) : {}),
    mappings: mappings ? mappingsOf(mappings) : new Map(),
    ...(constraints ? constraintsOf(constraints) : {}),
    ...(inhibit ? { inhibitAnyPolicy: smallIntegerOf(readOnly(inhibit)) } : {}),
  };
}

/** Statements (CPS) and user notices (section 4.2.1.4). */
const qualifierTypes = ['1.3.6.1.5.5.7.2.1', '1.3.6.1.5.5.7.2.2'];

function policiesOf(value: Buffer): Pick<PolicyExtensions, 'policies' | 'unknownQualifier'> {
  let unknownQualifier: string | undefined;
  const policies = sequenceOf(readOnly(value)).map((information) => {
    const [policy, qualifiers, ...rest] = sequenceOf(information);
    for (const qualifier of qualifiers ? sequenceOf(qualifiers) : []) {
      const type = objectIdentifierOf(sequenceOf(qualifier)[0]);
      if (!qualifierTypes.includes(type)) unknownQualifier ??= type;
    }
    if (rest.length > 0) throw new DerError(sentences.pkiPath.policiesMalformed);
    return objectIdentifierOf(policy);
  });
  if (policies.length === 0) throw new DerError(sentences.pkiPath.policiesEmpty);
  if (new Set(policies).size < policies.length) throw new DerError(sentences.pkiPath.policyTwice);
  return unknownQualifier === undefined ? { policies } : { policies, unknownQualifier };
}

function mappingsOf(value: Buffer): Map<string, string[]> {
  const mappings = new Map<string, string[]>();
  for (const mapping of sequenceOf(readOnly(value))) {
    const [issuer, subject, ...rest] = sequenceOf(mapping);
    const from = objectIdentifierOf(issuer);
    const to = objectIdentifierOf(subject);
    if (rest.length > 0) throw new DerError(sentences.pkiPath.mappingsMalformed);
    if (from === anyPolicy || to === anyPolicy) throw new DerError(sentences.pkiPath.mapsAnyPolicy);
    const list = mappings.get(from);
    if (list) list.push(to);
    else mappings.set(from, [to]);
  }
  if (mappings.size === 0) throw new DerError(sentences.pkiPath.mappingsEmpty);
  return mappings;
}

function constraintsOf(
  value: Buffer,
): Pick<PolicyExtensions, 'requireExplicitPolicy' | 'inhibitPolicyMapping'> {
  const parts = sequenceOf(readOnly(value));
  if (parts.length === 0) throw new DerError(sentences.pkiPath.policyConstraintsEmpty);
  const requires = parts[0]!.tag === 0x80 ? smallIntegerOf(parts.shift(), 0x80) : undefined;
  const inhibits = parts[0]?.tag === 0x81 ? smallIntegerOf(parts.shift(), 0x81) : undefined;
  if (parts.length > 0) throw new DerError(sentences.pkiPath.policyConstraintsMalformed);
  return {
    ...(requires === undefined ? {} : { requireExplicitPolicy: requires }),
    ...(inhibits === undefined ? {} : { inhibitPolicyMapping: inhibits }),
  };
}
