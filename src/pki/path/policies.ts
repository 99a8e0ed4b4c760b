/**
 * Certificate policies, as far as constraints require them (RFC 5280 section 6.1). Only the lowest level of the policy
 * tree is kept, each policy once with its mappings: its size is linear in the certificates, while the tree could grow
 * exponentially. Policies that are not in the user-initial-policy-set are left out where they enter the tree, below
 * anyPolicy, instead of at its end (section 6.1.5 (g)): the verdict is the same.
 */
import type { Certificate } from '../x509/certificate.js';
import { anyPolicy, type PolicyExtensions, policyExtensionsOf } from './policy-extensions.js';

/** Of RFC 5280 section 6.1.1 (c) to (f). */
export interface PolicyInputs {
  /** Object identifiers; undefined for any policy. */
  initialPolicySet?: ReadonlySet<string>;
  requireExplicitPolicy?: boolean;
  inhibitPolicyMapping?: boolean;
  inhibitAnyPolicy?: boolean;
}

/** The valid policies at one depth, each with its expected policies one level below. */
type Level = Map<string, readonly string[]>;

/**
 * Checks the policies of a path.
 *
 * @param path from the leaf to the anchor
 * @returns the certificate where a required policy is missing
 */
export function certificateWithoutPolicy(
  path: readonly Certificate[],
  inputs: PolicyInputs = {},
): Certificate | undefined {
  const { initialPolicySet } = inputs;
  const isWanted = (policy: string) =>
    initialPolicySet === undefined || initialPolicySet.has(policy) || initialPolicySet.has(anyPolicy);
  const anchor = policyExtensionsOf(path.at(-1)!);
  const below = path.slice(0, -1).reverse();
  const never = below.length + 1;
  // RFC 5937: the anchor's constraints initialize the counters; its own policies are ignored.
  let explicit = inputs.requireExplicitPolicy ? 0 : (anchor.requireExplicitPolicy ?? never);
  let mapping = inputs.inhibitPolicyMapping ? 0 : (anchor.inhibitPolicyMapping ?? never);
  let any = inputs.inhibitAnyPolicy ? 0 : (anchor.inhibitAnyPolicy ?? never);
  let level: Level = new Map([[anyPolicy, [anyPolicy]]]);
  for (const [index, certificate] of below.entries()) {
    const isLeaf = index === below.length - 1;
    const isSelfIssued = !isLeaf && certificate.subject.equals(certificate.issuer);
    const extensions = policyExtensionsOf(certificate);
    level = nextLevel(level, extensions, any > 0 || isSelfIssued, isWanted);
    if (explicit === 0 && level.size === 0) return certificate;
    if (isLeaf) {
      explicit = extensions.requireExplicitPolicy === 0 ? 0 : Math.max(0, explicit - 1);
      return explicit === 0 && level.size === 0 ? certificate : undefined;
    }
    applyMappings(level, extensions, mapping > 0, isWanted);
    if (!isSelfIssued) {
      explicit = Math.max(0, explicit - 1);
      mapping = Math.max(0, mapping - 1);
      any = Math.max(0, any - 1);
    }
    explicit = Math.min(explicit, extensions.requireExplicitPolicy ?? never);
    mapping = Math.min(mapping, extensions.inhibitPolicyMapping ?? never);
    any = Math.min(any, extensions.inhibitAnyPolicy ?? never);
  }
  return undefined;
}

/** Section 6.1.3 (d) and (e). */
function nextLevel(
  above: Level,
  { policies }: PolicyExtensions,
  allowsAnyPolicy: boolean,
  isWanted: (policy: string) => boolean,
): Level {
  const next: Level = new Map();
  if (!policies) return next;
  const expected = new Set([...above.values()].flat());
  for (const policy of policies) {
    const isBelowAny = above.has(anyPolicy) && isWanted(policy);
    if (policy !== anyPolicy && (expected.has(policy) || isBelowAny)) next.set(policy, [policy]);
  }
  if (allowsAnyPolicy && policies.includes(anyPolicy)) {
    for (const policy of expected) if (!next.has(policy)) next.set(policy, [policy]);
  }
  return next;
}

/** Section 6.1.4 (b). */
function applyMappings(
  level: Level,
  { mappings }: PolicyExtensions,
  allowsMapping: boolean,
  isWanted: (policy: string) => boolean,
): void {
  const hasAny = level.has(anyPolicy);
  for (const [from, to] of mappings) {
    if (!allowsMapping) level.delete(from);
    else if (level.has(from) || (hasAny && isWanted(from))) level.set(from, to);
  }
}
