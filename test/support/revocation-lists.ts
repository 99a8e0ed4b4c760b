/** Revocation lists made octet by octet, good and bad ones. */
import { sign } from 'node:crypto';
import { explicit, integer, sequence, tlv } from '../../src/pki/der/write.js';
import { bitString, commonName, ecdsaWithSha256, extension, type Keys, time } from './raw-certificates.js';

export interface ListRequest {
  issuer: { name: string; keys: Keys };
  /** Serial numbers. */
  revoked?: number[];
  thisUpdate?: Date;
  /** null leaves it out. */
  nextUpdate?: Date | null;
  extensions?: Buffer[];
  /** Extensions of each entry, or by its serial number. */
  entryExtensions?: Buffer[] | ((serialNumber: number) => Buffer[]);
}

export const listNumber = extension('2.5.29.20', false, integer(1));

/** DER. */
export function revocationList({
  issuer,
  revoked = [],
  extensions = [listNumber],
  entryExtensions = [],
  ...dates
}: ListRequest): Buffer {
  const { thisUpdate = new Date('2026-05-01'), nextUpdate = new Date('2026-07-01') } = dates;
  const entries = revoked.map((serialNumber) => {
    const own = typeof entryExtensions === 'function' ? entryExtensions(serialNumber) : entryExtensions;
    return sequence(
      integer(serialNumber),
      time(new Date('2026-04-01')),
      ...(own.length > 0 ? [sequence(...own)] : []),
    );
  });
  const toBeSigned = sequence(
    integer(1),
    ecdsaWithSha256,
    commonName(issuer.name),
    time(thisUpdate),
    ...(nextUpdate ? [time(nextUpdate)] : []),
    ...(entries.length > 0 ? [sequence(...entries)] : []),
    ...(extensions.length > 0 ? [explicit(0, sequence(...extensions))] : []),
  );
  const signature = sign('sha256', toBeSigned, issuer.keys.privateKey);
  return sequence(toBeSigned, ecdsaWithSha256, bitString(signature));
}

export const reasonCode = (critical: boolean) =>
  extension('2.5.29.21', critical, tlv(0x0a, Buffer.from([1])));
