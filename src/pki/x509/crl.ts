/** Certificate revocation lists (RFC 5280 section 5), read with our own strict DER reader. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { blocksOf } from '../containers/contents.js';
import {
  bitStringOf,
  DerError,
  type Element,
  expect,
  integerOf,
  readOnly,
  sequenceOf,
  smallIntegerOf,
  tags,
  timeOf,
} from '../der/read.js';
import { type AlgorithmIdentifier, algorithmOf, type Certificate } from './certificate.js';
import { type ListScope, listScopeOf } from './distribution-points.js';
import { type Extension, extensionsOf } from './extensions.js';
import { generalNamesOf } from './general-name.js';
import { type Name, nameOf } from './name.js';

/** A large CA's lists have a few megabytes. */
const maxListBytes = 33_554_432;

/** Object identifiers, dotted. */
export const listExtensionTypes = {
  authorityKeyIdentifier: '2.5.29.35',
  issuerAlternativeName: '2.5.29.18',
  listNumber: '2.5.29.20',
  deltaIndicator: '2.5.29.27',
  issuingDistributionPoint: '2.5.29.28',
} as const;

export interface RevocationList {
  /** The signed part. */
  readonly toBeSigned: Buffer;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Buffer;
  readonly issuer: Name;
  readonly thisUpdate: Date;
  /** Required by RFC 5280 section 5.1.2.5. */
  readonly nextUpdate?: Date;
  readonly extensions: ReadonlyMap<string, Extension>;
  /** The critical extensions of single entries, by object identifier. */
  readonly criticalEntryExtensions: ReadonlySet<string>;
  /** The certificates that it revokes, each by its `listEntryKey`. */
  readonly revoked: ReadonlySet<string>;
  /** Those that a delta list removes from the complete one (reason removeFromCRL). */
  readonly removed: ReadonlySet<string>;
  /** Its issuing distribution point; undefined for a list of all that its issuer signed. */
  readonly scope?: ListScope;
  /** The list's number; undefined without one. */
  readonly number?: bigint;
  /** Of a delta list: the number of the complete list that it continues. */
  readonly baseNumber?: bigint;
}

/**
 * Reads all lists of a PEM text, or one DER list.
 *
 * @throws EnrollkitError INVALID_CERTIFICATE, saying what is wrong
 */
export function parseRevocationLists(input: string | Uint8Array): RevocationList[] {
  if (input.length > maxListBytes) throw invalid(sentences.pkiX509.listSize(input.length, maxListBytes));
  const blocks = blocksOf(input, {
    label: /^X509 CRL$/,
    block: 'X509 CRL',
    kinds: ['revocation list'],
    what: 'revocation list',
    invalid,
  });
  return blocks.map(({ der }) => {
    try {
      return listOf(der);
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      throw invalid(sentences.pkiX509.notAList(error.message));
    }
  });
}

/** The key of a certificate's entry in a list: content octets of the serial number, and the issuer if the list has another. */
export function listEntryKey(list: RevocationList, { toBeSigned, issuer }: Certificate): string {
  const [first, second] = sequenceOf(readOnly(toBeSigned));
  const serial = (first!.tag === 0xa0 ? second! : first!).content;
  return entryKey(serial, issuer.equals(list.issuer) ? undefined : issuer);
}

function entryKey(serial: Buffer, issuer: Name | undefined): string {
  return issuer ? `${serial.toString('hex')} ${issuer.key}` : serial.toString('hex');
}

function listOf(der: Buffer): RevocationList {
  const [toBeSigned, algorithm, signature, ...rest] = sequenceOf(readOnly(der));
  if (rest.length > 0) throw new DerError(sentences.pkiX509.moreThanThreeParts);
  const signatureAlgorithm = algorithmOf(algorithm);
  const { bytes, unusedBits } = bitStringOf(signature);

  const parts = sequenceOf(toBeSigned);
  const version = parts[0]?.tag === tags.integer ? smallIntegerOf(parts.shift()) + 1 : 1;
  if (version !== 1 && version !== 2) throw new DerError(sentences.pkiX509.version(version));
  if (!algorithmOf(parts.shift()).der.equals(signatureAlgorithm.der)) {
    throw new DerError(sentences.pkiX509.twoAlgorithms);
  }
  const issuer = nameOf(parts.shift());
  const thisUpdate = timeOf(parts.shift());
  const nextUpdate = isTime(parts[0]) ? timeOf(parts.shift()) : undefined;
  const entries = parts[0]?.tag === tags.sequence ? sequenceOf(parts.shift()) : [];
  const extensions = parts.shift();
  if (parts.length > 0) throw new DerError(sentences.pkiX509.afterLastField);
  if (extensions && version !== 2) throw new DerError(sentences.pkiX509.extensionsInVersionOne);
  const known: ReadonlyMap<string, Extension> = extensions
    ? extensionsOf(readOnly(expect(extensions, 0xa0).content, tags.sequence))
    : new Map();
  const number = numberOf(known.get(listExtensionTypes.listNumber));
  const baseNumber = numberOf(known.get(listExtensionTypes.deltaIndicator));
  const scope = known.get(listExtensionTypes.issuingDistributionPoint)?.value;
  const listScope = scope && listScopeOf(scope, issuer);
  return {
    toBeSigned: toBeSigned!.raw,
    signatureAlgorithm,
    // Not a whole number of octets: nobody's signature, which makes this list unusable, not the chains of other CAs.
    signature: unusedBits === 0 ? bytes : Buffer.alloc(0),
    issuer,
    thisUpdate,
    ...(nextUpdate ? { nextUpdate } : {}),
    extensions: known,
    ...(listScope ? { scope: listScope } : {}),
    ...entriesOf(entries, issuer, listScope?.isIndirect === true),
    ...(number === undefined ? {} : { number }),
    ...(baseNumber === undefined ? {} : { baseNumber }),
  };
}

function isTime(element: Element | undefined): boolean {
  return element?.tag === tags.utcTime || element?.tag === tags.generalizedTime;
}

/** @throws DerError */
function numberOf(extension: Extension | undefined): bigint | undefined {
  return extension && BigInt(`0x${integerOf(readOnly(extension.value)).toString('hex')}`);
}

/** RFC 5280 section 5.3.1: ENUMERATED 8, removeFromCRL. */
const reasonCode = '2.5.29.21';
const removeFromList = '0a0108';

/** Section 5.3.3: whose certificates an entry of an indirect list, and those that follow, are about. */
export const certificateIssuer = '2.5.29.29';

function entriesOf(
  entries: readonly Element[],
  issuer: Name,
  isIndirect: boolean,
): Pick<RevocationList, 'revoked' | 'removed' | 'criticalEntryExtensions'> {
  const revoked = new Set<string>();
  const removed = new Set<string>();
  const criticalEntryExtensions = new Set<string>();
  let other: Name | undefined;
  for (const entry of entries) {
    const [serialNumber, date, extensions, ...rest] = sequenceOf(entry);
    if (rest.length > 0) throw new DerError(sentences.pkiX509.entryShape);
    const serial = integerOf(serialNumber);
    timeOf(date);
    const known = extensions ? extensionsOf(extensions) : new Map<string, Extension>();
    const named = isIndirect ? known.get(certificateIssuer) : undefined;
    if (named) other = otherIssuer(named.value, issuer);
    const isRemoved = known.get(reasonCode)?.value.toString('hex') === removeFromList;
    (isRemoved ? removed : revoked).add(entryKey(serial, other));
    for (const { type, critical } of known.values()) if (critical) criticalEntryExtensions.add(type);
  }
  return { revoked, removed, criticalEntryExtensions };
}

function otherIssuer(value: Buffer, issuer: Name): Name | undefined {
  const name = generalNamesOf(value).find((one) => one.kind === 'directoryName');
  if (!name) throw new DerError(sentences.pkiX509.entryShape);
  return name.value.equals(issuer) ? undefined : name.value;
}

function invalid(message: string, next = sentences.pkiX509.giveList): EnrollkitError {
  return new EnrollkitError('INVALID_CERTIFICATE', message, { next });
}
