/**
 * Which revocation lists are for which certificates: the CRL distribution points of a certificate and the issuing
 * distribution point of a list (RFC 5280 sections 4.2.1.13 and 5.2.5).
 */
import { sentences } from '../../languages/language.js';
import {
  bitStringOf,
  booleanOf,
  children,
  DerError,
  type Element,
  expect,
  readOnly,
  sequenceOf,
  tags,
} from '../der/read.js';
import { sequence, tlv } from '../der/write.js';
import { generalNameOf } from './general-name.js';
import { type Name, nameOf } from './name.js';

/** The bits of ReasonFlags from the left, except the first one, which is unused. */
export const allReasons = 0x7f_80;

export interface DistributionPoint {
  /** Keys of its names, the same for equal names; undefined if it has none. */
  names?: readonly string[];
  /** The reasons that its lists cover. */
  reasons: number;
  /** The names of the list's issuer, if it is not the certificate's. */
  listIssuers?: readonly Name[];
}

/** What a list covers. */
export interface ListScope {
  names?: readonly string[];
  reasons: number;
  only?: 'leaves' | 'authorities' | 'attributes';
  /** Whether it has entries of other issuers' certificates. */
  isIndirect: boolean;
}

/**
 * Reads the CRL distribution points of a certificate, or its freshest CRL extension.
 *
 * @param issuer of the certificate, to which names are relative
 * @throws DerError
 */
export function distributionPointsOf(value: Buffer, issuer: Name): DistributionPoint[] {
  const points = sequenceOf(readOnly(value));
  if (points.length === 0) throw new DerError(sentences.pkiX509.distributionPointsEmpty);
  return points.map((point) => {
    const take = taker(sequenceOf(point));
    const name = take(0xa0);
    const reasons = take(0x81);
    const listIssuer = take(0xa2);
    if (!(name || listIssuer)) throw malformed();
    take.end();
    const issuers = listIssuer && generalNames(listIssuer);
    const listIssuers = issuers?.flatMap((one) => (one.kind === 'directoryName' ? [one.value] : []));
    return {
      ...(name ? { names: pointNames(name, listIssuers?.[0] ?? issuer) } : {}),
      reasons: reasons ? reasonsOf(reasons) : allReasons,
      ...(listIssuers ? { listIssuers } : {}),
    };
  });
}

/**
 * Reads the issuing distribution point of a list.
 *
 * @param issuer of the list
 * @throws DerError
 */
export function listScopeOf(value: Buffer, issuer: Name): ListScope {
  const take = taker(sequenceOf(readOnly(value)));
  const name = take(0xa0);
  const flag = (tag: number) => {
    const element = take(tag);
    return element !== undefined && booleanOf(readOnly(retagged(element, tags.boolean)));
  };
  const kinds = [flag(0x81) && 'leaves', flag(0x82) && 'authorities'];
  const reasons = take(0x83);
  const isIndirect = flag(0x84);
  kinds.push(flag(0x85) && 'attributes');
  take.end();
  const [only, ...others] = kinds.filter((kind) => kind !== false) as NonNullable<ListScope['only']>[];
  if (others.length > 0) throw malformed();
  return {
    ...(name ? { names: pointNames(name, issuer) } : {}),
    reasons: reasons ? reasonsOf(reasons) : allReasons,
    ...(only ? { only } : {}),
    isIndirect,
  };
}

/** The key of a directory name, as in `DistributionPoint.names`. */
export function directoryNameKey(name: Name): string {
  return `directoryName:${name.key}`;
}

function malformed(): DerError {
  return new DerError(sentences.pkiX509.distributionPointsMalformed);
}

/** Takes optional elements from the front, each by its tag. */
function taker(parts: Element[]) {
  const take = (tag: number) => (parts[0]?.tag === tag ? parts.shift() : undefined);
  const end = () => {
    if (parts.length > 0) throw malformed();
  };
  return Object.assign(take, { end });
}

/** An element with an implicit tag, as the type that it is. */
function retagged({ raw }: Element, tag: number): Buffer {
  return Buffer.concat([Buffer.from([tag]), raw.subarray(1)]);
}

function reasonsOf(element: Element): number {
  const { bytes } = bitStringOf(readOnly(retagged(element, tags.bitString)));
  return (((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)) & allReasons;
}

/** Full names, or a name relative to an issuer's. */
function pointNames(point: Element, issuer: Name): string[] {
  const name = readOnly(point.content);
  if (name.tag === 0xa0)
    return generalNames(name).map((one) =>
      one.kind === 'directoryName' ? directoryNameKey(one.value) : one.key,
    );
  const relativeName = tlv(tags.set, expect(name, 0xa1).content);
  return [directoryNameKey(nameOf(readOnly(sequence(readOnly(issuer.der).content, relativeName))))];
}

function generalNames(element: Element) {
  const names = children(element);
  if (names.length === 0) throw new DerError(sentences.pkiX509.distributionPointsNames);
  return names.map((name) => ({ ...generalNameOf(name), key: name.raw.toString('latin1') }));
}
