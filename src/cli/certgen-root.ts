/** The root that install_root_ca_from_files and install_root_ca_from_cli bring. */
import type { KeyObject } from 'node:crypto';
import { EnrollkitError } from '../errors.js';
import { isEncryptedKey, privateKeyFromPem } from '../pki/keys.js';
import type { Input } from './command.js';
import { readInputFile } from './input-file.js';
import { givenPassphrase } from './passphrase.js';

export interface GivenRoot {
  certificate: string;
  privateKey: KeyObject;
}

/** @throws EnrollkitError USAGE, FILE_UNREADABLE, INVALID_KEY, PASSPHRASE_REQUIRED, WRONG_PASSPHRASE */
export function readRoot(
  command: string,
  names: readonly string[],
  flags: Input['flags'],
  env: NodeJS.ProcessEnv,
): GivenRoot {
  const [certificate, key, ...rest] = names;
  if (certificate === undefined || key === undefined || rest.length > 0) {
    throw new EnrollkitError(
      'USAGE',
      `${command} takes a certificate and a private key${rest.length > 0 ? ', and no passphrase: others on this computer can read what a command is given' : ''}.`,
      { next: 'Give the key’s passphrase with --root-passphrase-file FILE, or ENROLLKIT_PASSPHRASE.' },
    );
  }
  const inFiles = command === 'install_root_ca_from_files';
  const keyPem = inFiles || key === '-' ? readInputFile(key) : key;
  if (!inFiles && key !== '-' && !isEncryptedKey(keyPem)) {
    throw new EnrollkitError(
      'USAGE',
      'A private key that is not encrypted does not belong on a command line.',
      {
        next: 'Give - in its place, and the key on standard input.',
      },
    );
  }
  const passphrase =
    flags.rootPassphraseFile === undefined
      ? givenPassphrase(flags, env)
      : givenPassphrase({ passphraseFile: flags.rootPassphraseFile }, {});
  return {
    certificate: inFiles ? readInputFile(certificate) : certificate,
    privateKey: privateKeyFromPem(keyPem, passphrase),
  };
}
