/** The key that something is made for: that of `--key`, or a new one of `--key-algorithm`. */

import { createPublicKey } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { readOnly } from '../../pki/der/read.js';
import { generateKeyPair, type KeyPair } from '../../pki/keys.js';
import { publicKeyInfoOf, publicKeyProblem } from '../../pki/x509/public-key.js';
import type { Context } from '../kernel/command.js';
import type { passphraseFileFlag } from '../kernel/common-flags.js';
import type { FlagValues } from '../kernel/flags.js';
import type { encryptKeyFlag, keyAlgorithmFlag, keyFlag } from './certificate-flags.js';
import { readPrivateKey } from './material.js';
import { withPassphrase } from './passphrase.js';

type KeyFlags = FlagValues<
  typeof keyFlag & typeof keyAlgorithmFlag & typeof encryptKeyFlag & typeof passphraseFileFlag
>;

/** @throws EnrollkitError USAGE: to be called before the work */
export function assertKeyFlags({ key, keyAlgorithm, encryptKey }: KeyFlags): void {
  if (key === undefined || (keyAlgorithm === undefined && !encryptKey)) return;
  throw new EnrollkitError('USAGE', sentences.cliInput.keyFlags.conflict, {
    next: sentences.cliInput.keyFlags.omitOne,
  });
}

/** @throws EnrollkitError of the key's file; INVALID_KEY for one that is weak, or of an unknown kind */
export async function keysFrom(flags: KeyFlags, context: Context): Promise<KeyPair> {
  const path = flags.key;
  if (path === undefined) return generateKeyPair(flags.keyAlgorithm ?? 'ec-p256', context.signal);
  const privateKey = await withPassphrase(flags, context, (opening) => readPrivateKey(path, opening));
  const publicKey = createPublicKey(privateKey);
  const spki = readOnly(publicKey.export({ format: 'der', type: 'spki' }));
  const why = publicKeyProblem(publicKeyInfoOf(spki));
  if (why !== undefined) {
    throw new EnrollkitError('INVALID_KEY', `${path}: ${why}`, {
      next: sentences.cliInput.keyFlags.omitKey,
    });
  }
  return { privateKey, publicKey };
}
