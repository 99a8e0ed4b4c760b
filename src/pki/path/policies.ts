/**
 * Certificate policies as far as constraints go (RFC 5280 section 6.1). Any policy will do at the end, so of the
 * policy tree only the lowest level is kept, each policy once with what it was mapped to: it grows with the size of
 * the certificates, while the tree itself could be made to explode.
 */
import type { Certificate } from '../x509/certificate.js';
import { anyPolicy, type PolicyExtensions, policyExtensionsOf } from './policy-extensions.js';

/** The valid policies at one depth, each with the policies that are expected in its place one below. */
type Level = Map<string, readonly string[]>;

/** @param path from the leaf to the anchor @returns the certificate where no policy is left, though one is needed */
export function whereNoPolicyHolds(path: readonly Certificate[]): Certificate | undefined {
  const anchor = policyExtensionsOf(path.at(-1)!);
  const below = path.slice(0, -1).reverse();
  const never = below.length + 1;
  // RFC 5937: what the anchor says of itself is where the counters start; its own policies are not looked at.
  let explicit = anchor.requireExplicitPolicy ?? never;
  let mapping = anchor.inhibitPolicyMapping ?? never;
  let any = anchor.inhibitAnyPolicy ?? never;
  let level: Level = new Map([[anyPolicy, [anyPolicy]]]);
  for (const [index, certificate] of below.entries()) {
    const isLeaf = index === below.length - 1;
    const isSelfIssued = !isLeaf && certificate.subject.equals(certificate.issuer);
    const said = policyExtensionsOf(certificate);
    level = nextLevel(level, said, any > 0 || isSelfIssued);
    if (explicit === 0 && level.size === 0) return certificate;
    if (isLeaf) {
      explicit = said.requireExplicitPolicy === 0 ? 0 : Math.max(0, explicit - 1);
      return explicit === 0 && level.size === 0 ? certificate : undefined;
    }
    applyMappings(level, said, mapping > 0);
    if (!isSelfIssued) {
      explicit = Math.max(0, explicit - 1);
      mapping = Math.max(0, mapping - 1);
      any = Math.max(0, any - 1);
    }
    explicit = Math.min(explicit, said.requireExplicitPolicy ?? never);
    mapping = Math.min(mapping, said.inhibitPolicyMapping ?? never);
    any = Math.min(any, said.inhibitAnyPolicy ?? never);
  }
  return undefined;
}

/** Section 6.1.3 (d) and (e). */
function nextLevel(above: Level, { policies }: PolicyExtensions, mayBeAny: boolean): Level {
  const next: Level = new Map();
  if (!policies) return next;
  const expected = new Set([...above.values()].flat());
  for (const policy of policies) {
    if (policy !== anyPolicy && (expected.has(policy) || above.has(anyPolicy))) next.set(policy, [policy]);
  }
  if (mayBeAny && policies.includes(anyPolicy)) {
    for (const policy of expected) if (!next.has(policy)) next.set(policy, [policy]);
  }
  return next;
}

/** Section 6.1.4 (b). */
function applyMappings(level: Level, { mappings }: PolicyExtensions, mayMap: boolean): void {
  const hasAny = level.has(anyPolicy);
  for (const [from, to] of mappings) {
    if (!mayMap) level.delete(from);
    else if (level.has(from) || hasAny) level.set(from, to);
  }
}
