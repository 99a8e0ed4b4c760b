/** Makes certificate requests (PKCS#10, RFC 2986). */

import type { KeyObject } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { pemEncode } from '../containers/pem.js';
import { isKeyPair } from '../keys.js';
import type { Name } from '../x509/name.js';
import type { Subject, SubjectAlternativeNames } from '../x509/subject.js';
import { alternativeNameExtension } from './alternative-names.js';
import { subjectName } from './requested-names.js';

export interface CertificateRequestContents {
  subject: Subject | Name;
  privateKey: KeyObject;
  publicKey: KeyObject;
  subjectAlternativeNames?: SubjectAlternativeNames;
}

/**
 * Makes a certificate request and signs it with the private key, which is not part of it.
 *
 * @throws EnrollkitError KEY_MISMATCH when the keys are not a pair; INVALID_COMMON_NAME, COMMON_NAME_TOO_LONG,
 *   INVALID_SUBJECT, INVALID_ALTERNATIVE_NAME; INVALID_KEY when the key's type is not supported for signing
 */
export async function makeCertificateRequest(
  contents: CertificateRequestContents,
): Promise<{ pem: string; der: Buffer }> {
  const { privateKey, publicKey } = contents;
  if (!isKeyPair(privateKey, publicKey)) {
    throw new EnrollkitError('KEY_MISMATCH', sentences.pkiMake.keyNotOfPublicKey);
  }
  const name = subjectName(contents.subject);
  const alternatives = alternativeNameExtension(contents.subjectAlternativeNames);
  // Loading it takes longer than the rest of a short command.
  const { toSigningKeyPair, webAlgorithm, x509 } = await import('../crypto.js');
  const created = await x509.Pkcs10CertificateRequestGenerator.create({
    name: new x509.Name(name),
    keys: await toSigningKeyPair(privateKey, publicKey),
    signingAlgorithm: webAlgorithm(privateKey),
    extensions: alternatives
      ? [new x509.Extension(alternatives.type, alternatives.critical, alternatives.value)]
      : [],
  });
  const der = Buffer.from(created.rawData);
  return { der, pem: pemEncode('CERTIFICATE REQUEST', der) };
}
