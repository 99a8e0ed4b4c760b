/** The CA that signs: the one of `--ca`, or that of the certificate folder. */

import type { KeyObject } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { OpenPrivateKeyOptions } from '../../pki/keys.js';
import type { IssuedCertificate, Issuer } from '../../pki/make/issuer.js';
import { signatureAlgorithm } from '../../pki/make/signature-algorithm.js';
import { type Certificate, certificateToPem, parseCertificates } from '../../pki/x509/certificate.js';
import { type Layout, layoutOf } from '../../workspace/layout.js';
import { loadCertificate, loadPrivateKey } from '../../workspace/stored-certificates.js';
import type { Context } from '../kernel/command.js';
import type { FlagValues } from '../kernel/flags.js';
import { folderOf } from '../target/folder.js';
import type { caFlags } from './certificate-flags.js';
import { ownerOf } from './key-owner.js';
import { readMaterial, readPrivateKey } from './material.js';
import { chainFrom } from './order.js';
import { naming, withPath } from './read-file.js';

export interface SigningCa {
  /** Its file. */
  path: string;
  certificate: Certificate;
  pem: string;
  privateKey: KeyObject;
  /** The CA, then its issuers as far as they are known; PEM. */
  chainPem: string;
  /** The certificate folder of the CA; undefined with `--ca`. */
  layout?: Layout;
}

/**
 * @param preferred of the folder's CAs; without an intermediate, the root
 * @throws EnrollkitError USAGE, FILE_UNREADABLE (also when the folder has no CA), INVALID_CERTIFICATE, INVALID_KEY,
 *   KEY_MISMATCH, PASSPHRASE_REQUIRED, WRONG_PASSPHRASE
 */
export async function signingCa(
  flags: FlagValues<typeof caFlags>,
  opening: OpenPrivateKeyOptions,
  preferred: 'root' | 'intermediate',
): Promise<SigningCa> {
  const { ca, caKey } = flags;
  if (ca !== undefined) return namedCa(ca, caKey, opening);
  if (caKey === undefined) return caOfFolder(folderOf(flags), opening, preferred);
  throw new EnrollkitError('USAGE', sentences.cliInput.signingCa.keyWithoutCa, {
    next: sentences.cliInput.signingCa.giveCa,
  });
}

async function namedCa(
  path: string,
  keyPath: string | undefined,
  opening: OpenPrivateKeyOptions,
): Promise<SigningCa> {
  const material = await readMaterial(path, opening, { withKey: keyPath === undefined });
  const privateKey = keyPath === undefined ? material.privateKey : await readPrivateKey(keyPath, opening);
  if (!privateKey) {
    throw new EnrollkitError('USAGE', sentences.cliInput.signingCa.noKey(path), {
      next: sentences.cliInput.signingCa.giveKey,
    });
  }
  naming(keyPath ?? path, () => signatureAlgorithm(privateKey));
  const certificate = ownerOf(privateKey, material, keyPath ?? path, 'authority');
  const chain = naming(path, () => chainFrom(certificate, material.certificates));
  return {
    path,
    certificate,
    pem: certificateToPem(certificate),
    privateKey,
    chainPem: chain.map(certificateToPem).join(''),
  };
}

async function caOfFolder(
  folder: string,
  opening: OpenPrivateKeyOptions,
  preferred: 'root' | 'intermediate',
): Promise<SigningCa> {
  const layout = layoutOf(folder);
  const stored =
    (preferred === 'intermediate' ? loadCertificate(layout.intermediate) : undefined) ??
    loadCertificate(layout.root);
  if (!stored) {
    throw new EnrollkitError('FILE_UNREADABLE', sentences.cliInput.signingCa.none(layout.folder), {
      next: sentences.cliInput.signingCa.choose,
    });
  }
  const { certificate, pem, chainPem } = stored;
  naming(stored.paths.chain, () => parseCertificates(chainPem));
  const { certificate: path } = stored.paths;
  return { path, certificate, pem, chainPem, privateKey: await loadPrivateKey(stored, opening), layout };
}

/**
 * The time at which a CA signs: by the clock of the emulator that runs on its certificate folder, else by the computer's.
 *
 * @param ca undefined for a certificate that signs itself
 */
export async function signingTime(ca: SigningCa | undefined, context: Context): Promise<Date> {
  if (!ca?.layout) return context.now();
  const { folderClock } = await import('../target/emulator-clock.js');
  return (await folderClock(ca.layout.folder, context))();
}

/** The CA as `issue()` wants it: with what is above it, which limits what may be issued, too. */
export function issuerOf({ pem, chainPem, privateKey }: SigningCa): Issuer & { certificate: string } {
  return { certificate: pem, chainPem, privateKey };
}

/** Says why a certificate that was issued with `--force` cannot be valid. */
export function noteFailures({ failures = [] }: IssuedCertificate, { output }: Context): void {
  for (const { message } of failures)
    output.note('cert.not-valid', sentences.cliInput.signingCa.cannotBeValid(message));
}

/**
 * Signs with a CA. The file at fault is put in front of an error: that of the CA if it may not sign, else the request or
 * certificate at `path`.
 */
export async function signedBy<Result>(
  ca: SigningCa | undefined,
  sign: () => Promise<Result>,
  path?: string,
): Promise<Result> {
  try {
    return await sign();
  } catch (error) {
    const isOfCa = ca && error instanceof EnrollkitError && error.code === 'ISSUER_NOT_ALLOWED';
    const file = isOfCa ? ca.path : path;
    throw file === undefined ? error : withPath(file, error);
  }
}
