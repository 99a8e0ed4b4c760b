/** The root that install_root_ca_from_files and install_root_ca_from_cli bring. */
import type { KeyObject } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { isEncryptedKey, openPrivateKey } from '../../pki/keys.js';
import { parseCertificate } from '../../pki/x509/certificate.js';
import { readInputFile } from '../input/input-file.js';
import { ownerOf } from '../input/key-owner.js';
import { readMaterial, readPrivateKey } from '../input/material.js';
import { givenPassphrase } from '../input/passphrase.js';
import { naming, namingLater } from '../input/read-file.js';
import type { Context, FlagsOf } from '../kernel/command.js';
import type { certgen } from './certgen.js';

export interface GivenRoot {
  /** DER. */
  certificate: Buffer;
  privateKey: KeyObject;
}

/**
 * @throws EnrollkitError USAGE; FILE_UNREADABLE, INVALID_CERTIFICATE, INVALID_PFX, INVALID_KEY, KEY_MISMATCH,
 *   PASSPHRASE_REQUIRED, WRONG_PASSPHRASE, naming the file
 */
export async function readRoot(
  command: string,
  names: readonly string[],
  flags: FlagsOf<typeof certgen>,
  { env, signal }: Pick<Context, 'env' | 'signal'>,
): Promise<GivenRoot> {
  const [certificate, key, ...rest] = names;
  if (certificate === undefined || key === undefined || rest.length > 0) {
    throw new EnrollkitError(
      'USAGE',
      `${command} takes a certificate and a private key${rest.length > 0 ? ', and no passphrase: others on this computer can read what a command is given' : ''}.`,
      { next: 'Give the key’s passphrase with --root-passphrase-file FILE, or ENROLLKIT_PASSPHRASE.' },
    );
  }
  const passphrase =
    flags.rootPassphraseFile === undefined
      ? givenPassphrase(flags, env)
      : givenPassphrase({ passphraseFile: flags.rootPassphraseFile }, {});
  const opening = { passphrase, signal };
  if (command === 'install_root_ca_from_files') {
    const material = await readMaterial(certificate, opening, { withKey: false });
    const privateKey = await readPrivateKey(key, opening);
    return { certificate: ownerOf(privateKey, material, key, 'authority').der, privateKey };
  }
  const fromInput = key === '-';
  const keyPem = fromInput ? readInputFile(key) : key;
  if (!fromInput && !isEncryptedKey(keyPem)) {
    throw new EnrollkitError(
      'USAGE',
      'A private key that is not encrypted does not belong on a command line.',
      {
        next: 'Give - in its place, and the key on standard input.',
      },
    );
  }
  return {
    certificate: naming('the first argument', () => parseCertificate(certificate)).der,
    privateKey: await namingLater(fromInput ? 'standard input' : 'the second argument', () =>
      openPrivateKey(keyPem, opening),
    ),
  };
}
