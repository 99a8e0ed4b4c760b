/** Certificates and private keys out of files, whatever their form. */

import type { KeyObject } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import {
  type Contents,
  heldBy,
  holdsKey,
  pfxIn,
  readContents,
  withoutTrustSettings,
} from '../../pki/containers/contents.js';
import { readPkcs7 } from '../../pki/containers/pkcs7.js';
import { pkcs7Label } from '../../pki/containers/pkcs7-content.js';
import { openPfx, type PfxReading } from '../../pki/containers/pkcs12-read.js';
import { type OpenPrivateKeyOptions, openPrivateKey } from '../../pki/keys.js';
import { type Certificate, parseCertificate } from '../../pki/x509/certificate.js';
import { lookAtCertificate } from '../../pki/x509/look.js';
import { namingLater, readBytes } from './read-file.js';
import { isRequest } from './request-file.js';

/** The certificates of a file, in its order, and its private key if it has one. */
export interface Material {
  path: string;
  certificates: Certificate[];
  privateKey?: KeyObject;
  /** The file is a set by its form (PKCS#7), so the order of its certificates says nothing. */
  unordered?: true;
  /** The file itself says whose its private key is (PKCS#12): its first certificate's. */
  paired?: true;
}

/** What is needed to read a file. */
export interface Opening extends OpenPrivateKeyOptions {
  /** Called with what a reader should know about a file: the ID of the message, and the message. */
  note?: ((id: string, text: string) => void) | undefined;
}

/**
 * The certificates of a file: PEM, DER, PKCS#7 or PKCS#12.
 *
 * @returns at least one
 * @throws EnrollkitError FILE_UNREADABLE, INVALID_CERTIFICATE, INVALID_PFX, PASSPHRASE_REQUIRED or WRONG_PASSPHRASE,
 *   naming the file and, in PEM, the block
 */
export async function readCertificates(
  path: string,
  opening: Opening = {},
  { forLooking = false } = {},
): Promise<Certificate[]> {
  return (await readMaterial(path, opening, { withKey: false, forLooking })).certificates;
}

/** Those of several files. */
export async function readAllCertificates(
  paths: readonly string[],
  opening: Opening,
): Promise<Certificate[]> {
  const read: Certificate[] = [];
  for (const path of paths) read.push(...(await readCertificates(path, opening)));
  return read;
}

/**
 * As {@link readCertificates}; the private key too, when the same file holds one and it is wanted.
 *
 * @param options forLooking: odd certificates are read as far as possible, see `lookAtCertificate`
 */
export async function readMaterial(
  path: string,
  opening: Opening = {},
  { withKey = true, forLooking = false } = {},
): Promise<Material> {
  const bytes = readBytes(path);
  return namingLater(path, async () => {
    const contents = readContents(bytes);
    const parse = forLooking ? lookAtCertificate : parseCertificate;
    if (contents.form === 'der') return { path, ...(await materialOfDer(contents, opening, withKey, parse)) };
    const certificates = certificatesOfPem(contents, parse);
    if (contents.blocks.some(({ label }) => label === 'TRUSTED CERTIFICATE')) {
      opening.note?.('file.trust-settings', sentences.cliInput.material.trustSettings(path));
    }
    const isSet = contents.blocks.some(({ label }) => pkcs7Label.test(label));
    const material: Material = { path, certificates, ...(isSet ? { unordered: true } : {}) };
    if (!withKey || !holdsKey(contents)) return material;
    return { ...material, privateKey: await openPrivateKey(bytes, opening) };
  });
}

/**
 * The private key of a file: PEM, DER or PKCS#12.
 *
 * @throws EnrollkitError FILE_UNREADABLE, INVALID_KEY, KEY_MISMATCH if its halves do not belong together, INVALID_PFX,
 *   PASSPHRASE_REQUIRED or WRONG_PASSPHRASE, naming the file; none of them quotes the key
 */
export async function readPrivateKey(path: string, opening: Opening = {}): Promise<KeyObject> {
  const bytes = readBytes(path);
  return namingLater(path, async () => {
    const pfx = pfxIn(bytes);
    if (!pfx) return openPrivateKey(bytes, opening);
    const { privateKey } = await openGuessing(pfx, { ...opening, keyAlone: true });
    if (privateKey) return privateKey;
    throw new EnrollkitError('INVALID_KEY', sentences.cliInput.material.pfxWithoutKey);
  });
}

type Parse = (der: Buffer) => Certificate;

function certificatesOfPem(contents: Extract<Contents, { form: 'pem' }>, parse: Parse): Certificate[] {
  const certificates = contents.blocks.flatMap(({ label, der, position }) => {
    if (label === 'TRUSTED CERTIFICATE') return [inBlock(position, () => parse(withoutTrustSettings(der)))];
    if (/^(X509 )?CERTIFICATE$/.test(label)) return [inBlock(position, () => parse(der))];
    if (pkcs7Label.test(label)) return inBlock(position, () => readPkcs7(der, parse));
    return [];
  });
  if (certificates.length > 0) return certificates;
  throw noCertificate(contents);
}

async function materialOfDer(
  contents: Extract<Contents, { form: 'der' }>,
  opening: Opening,
  withKey: boolean,
  parse: Parse,
): Promise<Omit<Material, 'path'>> {
  switch (contents.kind) {
    case 'certificate':
      return { certificates: [parse(contents.der)] };
    case 'PKCS#7 file':
      return { certificates: readPkcs7(contents.der, parse), unordered: true };
    case 'PKCS#12 file': {
      const { certificates, privateKey } = await openGuessing(contents.der, opening);
      if (certificates.length === 0) {
        throw new EnrollkitError('INVALID_CERTIFICATE', sentences.cliInput.material.pfxWithoutCertificate);
      }
      return { certificates, ...(withKey && privateKey ? { privateKey, paired: true } : {}) };
    }
    default:
      throw noCertificate(contents);
  }
}

/** Without a passphrase, the empty one is tried: that is how files come whose mode alone protects them. */
async function openGuessing(der: Buffer, opening: Opening & { keyAlone?: boolean }): Promise<PfxReading> {
  try {
    return await openPfx(der, opening);
  } catch (error) {
    const isGuess =
      opening.passphrase === undefined &&
      error instanceof EnrollkitError &&
      error.code === 'WRONG_PASSPHRASE';
    if (!isGuess) throw error;
    throw new EnrollkitError('PASSPHRASE_REQUIRED', sentences.cliInput.material.pfxProtected);
  }
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

/** In the context of the error of a file that is whole, and has no certificate: a key, a request. */
export const holdsSomethingElse = 'holdsSomethingElse';

function noCertificate(contents: Contents): EnrollkitError {
  const next = isRequest(contents)
    ? sentences.cliInput.material.signRequest
    : sentences.cliInput.material.giveCertificate;
  return new EnrollkitError('INVALID_CERTIFICATE', sentences.cliInput.material.holds(heldBy(contents)), {
    next,
    context: { [holdsSomethingElse]: true },
  });
}
