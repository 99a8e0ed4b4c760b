/** Which lists cover a certificate, and for which reasons (RFC 5280 section 6.3.3 (b) and (d)). */
import type { Certificate } from '../x509/certificate.js';
import { listExtensionTypes, type RevocationList } from '../x509/crl.js';
import {
  allReasons,
  type DistributionPoint,
  directoryNameKey,
  distributionPointsOf,
  type ListScope,
} from '../x509/distribution-points.js';
import type { Name } from '../x509/name.js';

const distributionPointsType = '2.5.29.31';

/**
 * The distribution points of a certificate, and at the end the one that every certificate has: lists of its issuer, by
 * the issuer's name.
 *
 * @throws DerError
 */
export function pointsOf({ extensions, issuer }: Certificate): DistributionPoint[] {
  const extension = extensions.get(distributionPointsType);
  const points = extension ? distributionPointsOf(extension.value, issuer) : [];
  return [...points, { names: [directoryNameKey(issuer)], reasons: allReasons }];
}

/** The issuers of lists about a certificate: its own issuer first, then those of indirect lists. */
export function listIssuersOf(certificate: Certificate, points: readonly DistributionPoint[]): Name[] {
  const others = new Map(
    points.flatMap(({ listIssuers = [] }) => listIssuers.map((name) => [name.key, name])),
  );
  others.delete(certificate.issuer.key);
  return [certificate.issuer, ...others.values()];
}

/** The reasons for which a list covers a certificate, 0 if it does not. */
export function reasonsCovered(
  { scope, issuer }: RevocationList,
  certificate: Certificate,
  points: readonly DistributionPoint[],
): number {
  if (scope && !coversKind(scope, certificate)) return 0;
  let covered = 0;
  for (const point of points) {
    const { listIssuers } = point;
    const isNamed = listIssuers
      ? scope?.isIndirect === true && listIssuers.some((name) => name.equals(issuer))
      : issuer.equals(certificate.issuer);
    if (isNamed && coversPoint(scope, point)) covered |= point.reasons & (scope?.reasons ?? allReasons);
  }
  return covered;
}

function coversKind({ only }: ListScope, { basicConstraints }: Certificate): boolean {
  if (only === undefined) return true;
  return only === (basicConstraints?.certificateAuthority ? 'authorities' : 'leaves');
}

/** A list with names covers the points that have one of them; without, all. */
function coversPoint(scope: ListScope | undefined, { names, listIssuers = [] }: DistributionPoint): boolean {
  if (!scope?.names) return true;
  const wanted = names ?? listIssuers.map(directoryNameKey);
  return scope.names.some((name) => wanted.includes(name));
}

/** The same for lists of one scope: a delta list continues a complete one with the same (section 6.3.3 (c)). */
export function scopeKey({ issuer, extensions }: RevocationList): string {
  const scope = extensions.get(listExtensionTypes.issuingDistributionPoint)?.value;
  return `${issuer.key} ${scope?.toString('hex') ?? ''}`;
}
