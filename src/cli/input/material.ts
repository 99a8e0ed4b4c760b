/** Certificates and private keys out of files, whatever their form. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { openEncryptedKey } from '../../pki/containers/encrypted-key.js';
import { readPkcs7 } from '../../pki/containers/pkcs7.js';
import { readPfx } from '../../pki/containers/pkcs12-read.js';
import { privateKeyFromPem } from '../../pki/keys.js';
import { type Certificate, parseCertificate } from '../../pki/x509/certificate.js';
import { type FileContents, heldBy, naming, readContents } from './read-file.js';

/** A file's certificates, in its order, and its private key where it has one. */
export interface Material {
  path: string;
  certificates: Certificate[];
  privateKey?: KeyObject;
  /** The file is a set by its form (PKCS#7), so the order of its certificates says nothing. */
  unordered?: true;
}

const pkcs7Label = /^(PKCS7|CMS)$/;

/**
 * The certificates of a file: PEM, DER, PKCS#7 or PKCS#12.
 *
 * @returns at least one
 * @throws EnrollkitError FILE_UNREADABLE, INVALID_CERTIFICATE, INVALID_PFX, PASSPHRASE_REQUIRED or WRONG_PASSPHRASE,
 *   naming the file and, in PEM, the block
 */
export function readCertificates(path: string, passphrase?: string): Certificate[] {
  return readMaterial(path, passphrase, { withKey: false }).certificates;
}

/** As {@link readCertificates}; the private key too, when the same file holds one. */
export function readMaterial(path: string, passphrase?: string, { withKey = true } = {}): Material {
  const contents = readContents(path);
  return naming(path, () => {
    if (contents.form === 'der') return { path, ...materialOfDer(contents, passphrase) };
    const certificates = certificatesOfPem(contents);
    const hasKey = contents.blocks.some(({ label }) => label.endsWith('PRIVATE KEY'));
    const isSet = contents.blocks.some(({ label }) => pkcs7Label.test(label));
    if (!withKey || !hasKey) return { path, certificates, ...(isSet ? { unordered: true } : {}) };
    return { path, certificates, privateKey: privateKeyFromPem(contents.text, passphrase) };
  });
}

/**
 * The private key of a file: PEM, DER or PKCS#12.
 *
 * @throws EnrollkitError FILE_UNREADABLE, INVALID_KEY, INVALID_PFX, PASSPHRASE_REQUIRED or WRONG_PASSPHRASE, naming
 *   the file; none of them quotes the key
 */
export function readPrivateKey(path: string, passphrase?: string): KeyObject {
  const contents = readContents(path);
  return naming(path, () => {
    if (contents.form === 'pem') {
      if (!contents.blocks.some(({ label }) => label.endsWith('PRIVATE KEY'))) throw noKey(contents);
      return privateKeyFromPem(contents.text, passphrase);
    }
    if (contents.kind === 'pkcs12') {
      const { privateKey } = openPfx(contents.der, passphrase);
      if (privateKey) return privateKey;
      throw new EnrollkitError('INVALID_KEY', 'This PKCS#12 file holds no private key.');
    }
    if (contents.kind === 'private key' || contents.kind === 'encrypted private key') {
      return privateKeyOfDer(contents.der, contents.kind, passphrase);
    }
    throw noKey(contents);
  });
}

function certificatesOfPem(contents: Extract<FileContents, { form: 'pem' }>): Certificate[] {
  const certificates = contents.blocks.flatMap(({ label, der, position }) => {
    if (/^(X509 |TRUSTED )?CERTIFICATE$/.test(label)) return [inBlock(position, () => parseCertificate(der))];
    if (pkcs7Label.test(label)) return inBlock(position, () => readPkcs7(der));
    return [];
  });
  if (certificates.length > 0) return certificates;
  throw noCertificate(contents);
}

function materialOfDer(
  contents: Extract<FileContents, { form: 'der' }>,
  passphrase: string | undefined,
): Omit<Material, 'path'> {
  switch (contents.kind) {
    case 'certificate':
      return { certificates: [parseCertificate(contents.der)] };
    case 'pkcs7':
      return { certificates: readPkcs7(contents.der), unordered: true };
    case 'pkcs12': {
      const { certificates, privateKey } = openPfx(contents.der, passphrase);
      if (certificates.length === 0) {
        throw new EnrollkitError('INVALID_CERTIFICATE', 'This PKCS#12 file holds no certificate.');
      }
      return { certificates, ...(privateKey ? { privateKey } : {}) };
    }
    default:
      throw noCertificate(contents);
  }
}

/** Without a passphrase, the empty one is tried: that is how files come whose mode alone protects them. */
function openPfx(der: Buffer, passphrase: string | undefined): ReturnType<typeof readPfx> {
  try {
    return readPfx(der, passphrase ?? '');
  } catch (error) {
    const isGuess =
      passphrase === undefined && error instanceof EnrollkitError && error.code === 'WRONG_PASSPHRASE';
    if (!isGuess) throw error;
    throw new EnrollkitError(
      'PASSPHRASE_REQUIRED',
      'This PKCS#12 file is protected by a passphrase, and none was given.',
    );
  }
}

function privateKeyOfDer(
  der: Buffer,
  kind: 'private key' | 'encrypted private key',
  passphrase: string | undefined,
): KeyObject {
  if (kind === 'encrypted private key') {
    if (passphrase === undefined) {
      throw new EnrollkitError(
        'PASSPHRASE_REQUIRED',
        'The private key is encrypted, and no passphrase was given.',
      );
    }
    return openEncryptedKey(der, passphrase);
  }
  for (const type of ['pkcs8', 'sec1', 'pkcs1'] as const) {
    try {
      return createPrivateKey({ key: der, format: 'der', type });
    } catch {
      // It may be of the next form.
    }
  }
  throw new EnrollkitError('INVALID_KEY', 'The private key cannot be read.');
}

/** An error of one block gets its number in front. */
function inBlock<Result>(position: string, read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof EnrollkitError)) throw error;
    throw new EnrollkitError(error.code, `${position}: ${error.message}`, { next: error.next, cause: error });
  }
}

function noCertificate(contents: FileContents): EnrollkitError {
  const held = heldBy(contents);
  const next = /REQUEST|request/.test(held)
    ? 'A request becomes a certificate by enrollkit cert sign.'
    : 'Give the file of the certificate.';
  return new EnrollkitError('INVALID_CERTIFICATE', `It holds ${held}, and no certificate.`, { next });
}

function noKey(contents: FileContents): EnrollkitError {
  return new EnrollkitError('INVALID_KEY', `It holds ${heldBy(contents)}, and no private key.`, {
    next: 'Give the file of the private key: PEM, DER or PKCS#12.',
  });
}
