/** Ciphers that OpenSSL 3 only decrypts with its legacy provider, and node not at all. */
import { DerError, readOnly, sequenceOf } from '../../der/read.js';
import { algorithmOf } from '../../x509/certificate.js';

/** RFC 8018 appendix A.3 (PBES1) and RFC 7292 appendix C (RC4), as openssl names them. */
const schemes: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.5.1': 'pbeWithMD2AndDES-CBC',
  '1.2.840.113549.1.5.3': 'pbeWithMD5AndDES-CBC',
  '1.2.840.113549.1.5.4': 'pbeWithMD2AndRC2-CBC',
  '1.2.840.113549.1.5.6': 'pbeWithMD5AndRC2-CBC',
  '1.2.840.113549.1.5.10': 'pbeWithSHA1AndDES-CBC',
  '1.2.840.113549.1.5.11': 'pbeWithSHA1AndRC2-CBC',
  '1.2.840.113549.1.12.1.1': 'pbeWithSHA1And128BitRC4',
  '1.2.840.113549.1.12.1.2': 'pbeWithSHA1And40BitRC4',
};

/** Of PBES2 (RFC 8018 appendix B.2). */
const ciphers: Readonly<Record<string, string>> = {
  '1.3.14.3.2.7': 'DES-CBC',
  '1.2.840.113549.3.2': 'RC2-CBC',
  '1.2.840.113549.3.9': 'RC5-CBC',
};
const pbes2 = '1.2.840.113549.1.5.13';

/** The name of an obsolete algorithm; undefined for any other. */
export function obsoleteName({
  type,
  parameters,
}: {
  type: string;
  parameters?: Buffer;
}): string | undefined {
  if (type !== pbes2 || !parameters) return schemes[type];
  const cipher = ciphers[algorithmOf(sequenceOf(readOnly(parameters))[1]).type];
  return cipher && `PBES2 and ${cipher}`;
}

/** The name of the obsolete algorithm of an EncryptedPrivateKeyInfo; undefined for any other, or if it is malformed. */
export function obsoleteCipher(encryptedPrivateKeyInfo: Buffer): string | undefined {
  try {
    return obsoleteName(algorithmOf(sequenceOf(readOnly(encryptedPrivateKeyInfo))[0]));
  } catch (error) {
    if (error instanceof DerError) return undefined;
    throw error;
  }
}
