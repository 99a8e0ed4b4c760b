/** Which private keys are in the files beside the certificates. */
import { createPublicKey } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { EnrollkitError, isAbort } from '../../../errors.js';
import { holdsKey } from '../../../pki/containers/contents.js';
import type { Certificate } from '../../../pki/x509/certificate.js';
import { isFolder, lookAt } from '../../../workspace/files.js';
import { type Opening, readPrivateKey } from '../../input/material.js';
import { contentsOf } from '../../input/read-file.js';

export interface KeyFile {
  file: string;
  /** `matches`: it was opened. `encrypted`: it was not, and is beside this certificate. */
  state: 'matches' | 'encrypted';
}

const extensions = ['.pem', '.key', '.der', '.p8', '.pk8', '.pfx', '.p12'];

/**
 * The key files of each certificate. A file that is neither a key nor readable is skipped.
 *
 * @param paths files and folders as they were given; beside a file, `key.pem` is looked at too
 * @param firstIn the first certificates of the files of a folder, of which an encrypted key must be, if it is only one
 * @throws EnrollkitError INTERRUPTED
 */
export async function findPrivateKeys(
  paths: readonly string[],
  certificates: readonly Certificate[],
  firstIn: ReadonlyMap<string, ReadonlySet<Certificate>>,
  opening: Opening,
): Promise<ReadonlyMap<Certificate, readonly KeyFile[]>> {
  const byPublicKey = new Map<string, Certificate[]>();
  for (const one of certificates) {
    const key = publicKeyOf(one);
    byPublicKey.set(key, [...(byPublicKey.get(key) ?? []), one]);
  }
  const found = new Map<Certificate, KeyFile[]>();
  const add = (certificate: Certificate, key: KeyFile) =>
    found.set(certificate, [...(found.get(certificate) ?? []), key]);
  for (const file of new Set(paths.flatMap(candidatesIn))) {
    const key = await publicHalf(file, opening);
    if (key === 'encrypted') {
      const beside = firstIn.get(dirname(file));
      if (beside?.size === 1) add([...beside][0]!, { file, state: 'encrypted' });
    } else if (key !== undefined) {
      for (const one of byPublicKey.get(key) ?? []) add(one, { file, state: 'matches' });
    }
  }
  return found;
}

function candidatesIn(path: string): string[] {
  if (!isFolder(path)) return [path, join(dirname(path), 'key.pem')].filter((one) => lookAt(one)?.isFile());
  return (readdirSync(path, { recursive: true }) as string[])
    .filter((name) => extensions.includes(extname(name).toLowerCase()))
    .sort()
    .map((name) => join(path, name))
    .filter((file) => lookAt(file)?.isFile());
}

async function publicHalf(file: string, opening: Opening): Promise<string | undefined> {
  try {
    if (!holdsKey(contentsOf(file))) return undefined;
    const key = createPublicKey(await readPrivateKey(file, opening));
    return key.export({ format: 'der', type: 'spki' }).toString('latin1');
  } catch (error) {
    if (!(error instanceof EnrollkitError) || isAbort(error)) throw error;
    return ['PASSPHRASE_REQUIRED', 'WRONG_PASSPHRASE'].includes(error.code) ? 'encrypted' : undefined;
  }
}

/** In the one encoding that Node gives both halves. */
function publicKeyOf(certificate: Certificate): string {
  try {
    return certificate.publicKey.export({ format: 'der', type: 'spki' }).toString('latin1');
  } catch {
    return certificate.publicKeyInfo.der.toString('latin1');
  }
}
