/** The root that install_root_ca_from_files and install_root_ca_from_cli bring. */
import type { KeyObject } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
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
      rest.length > 0 ? sentences.cliCertgen.noPassphrase(command) : sentences.cliCertgen.needsTwo(command),
      { next: sentences.cliCertgen.passphraseOfKey },
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
    throw new EnrollkitError('USAGE', sentences.cliCertgen.keyOnCommandLine, {
      next: sentences.cliCertgen.keyFromInput,
    });
  }
  return {
    certificate: naming(sentences.cliCertgen.sources.firstArgument, () => parseCertificate(certificate)).der,
    privateKey: await namingLater(
      fromInput ? sentences.cliCertgen.sources.standardInput : sentences.cliCertgen.sources.secondArgument,
      () => openPrivateKey(keyPem, opening),
    ),
  };
}
