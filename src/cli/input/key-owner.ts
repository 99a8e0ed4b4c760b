/** Whose private key it is that comes with a file of certificates. */

import type { KeyObject } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { isKeyPair } from '../../pki/keys.js';
import type { Certificate } from '../../pki/x509/certificate.js';
import { isIssuedBy } from '../../pki/x509/issued-by.js';
import type { Material } from './material.js';
import { isSelfSigned } from './order.js';
import { naming } from './read-file.js';

/**
 * The certificate that a file is about, when the private key belongs to it: the first one; in a set, and in a file with
 * the issuers in front, one that has issued none of the others. An issuer's key does not do for a file that has its
 * certificate further down: it would be given out as that of the device.
 *
 * @param as whether the certificate is to sign others: then it may have issued some of the file
 * @throws EnrollkitError KEY_MISMATCH, naming both files
 */
export function ownerOf(
  privateKey: KeyObject,
  material: Material,
  keyPath: string,
  as: 'subject' | 'authority' = 'subject',
): Certificate {
  const { path, certificates } = material;
  const owners = naming(path, () => certificates.filter(({ publicKey }) => isKeyPair(privateKey, publicKey)));
  const owner = owners.find((one) => material.paired || isMeant(one, material, as));
  if (owner) return owner;
  if (owners[0]) {
    const { text } = owners[0].subject;
    throw new EnrollkitError('KEY_MISMATCH', sentences.cliInput.keyOwner.notFirst(keyPath, text, path), {
      next: sentences.cliInput.keyOwner.giveOther,
    });
  }
  const { notOf, notOfAny } = sentences.cliInput.keyOwner;
  const message =
    certificates.length === 1
      ? notOf(keyPath, certificates[0]!.subject.text, path)
      : notOfAny(keyPath, certificates.length, path);
  throw new EnrollkitError('KEY_MISMATCH', message);
}

function isMeant(
  one: Certificate,
  { certificates, unordered }: Material,
  as: 'subject' | 'authority',
): boolean {
  const hasIssued = (issuer: Certificate) =>
    certificates.some((other) => other !== issuer && isIssuedBy(other, issuer) && !isSelfSigned(other));
  const isInPlace = unordered || one === certificates[0] || hasIssued(certificates[0]!);
  return isInPlace && (as === 'authority' || !hasIssued(one));
}
