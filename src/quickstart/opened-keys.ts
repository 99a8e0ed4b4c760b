/** Private keys of this run, each opened once: with a passphrase, opening one costs a fifth of a second. */
import type { KeyObject } from 'node:crypto';
import { loadPrivateKey, type StoredCertificate } from '../workspace/stored-certificates.js';
import type { RunContext } from './step.js';

/**
 * The private key of a stored certificate.
 *
 * @throws EnrollkitError FILE_UNREADABLE, INVALID_KEY, PASSPHRASE_REQUIRED, WRONG_PASSPHRASE or KEY_MISMATCH
 */
export async function openKey(context: RunContext, stored: StoredCertificate): Promise<KeyObject> {
  const { found } = context;
  const path = stored.paths.key;
  const key = found.keys.get(path) ?? (await loadPrivateKey(stored, context));
  found.keys.set(path, key);
  return key;
}

/** The same in the clear, PKCS#8 PEM, as the clients take it; it is never written. */
export async function openKeyPem(context: RunContext, stored: StoredCertificate): Promise<string> {
  return (await openKey(context, stored)).export({ format: 'pem', type: 'pkcs8' }) as string;
}
