/** The command that proves possession of a CA that was just uploaded, as it works when it is typed. */
import { dirname, join, parse } from 'node:path';
import { isEncryptedKey, isKeyPair, privateKeyFromPem } from '../../pki/keys.js';
import type { Certificate } from '../../pki/x509/certificate.js';
import { sha1Thumbprint } from '../../pki/x509/inspect.js';
import { readTextIfExists } from '../../workspace/files.js';
import { quoted } from '../terminal/command-line.js';
import { folderAuthority } from './folder-authority.js';

/**
 * @param file the certificate as it was named
 * @param folder the certificate folder
 * @returns the command without its `--dir`; KEY_FILE stands for a key that is not where keys usually are
 */
export function verifyCommand(name: string, certificate: Certificate, file: string, folder: string): string {
  const command = `enrollkit ca verify ${quoted(name)}`;
  if (folderAuthority(folder, sha1Thumbprint(certificate))) return command;
  const key = usualPlaces(file).find((path) => holdsKeyOf(path, certificate));
  return `${command} --certificate ${quoted(file)} --key ${key === undefined ? 'KEY_FILE' : quoted(key)}`;
}

/** Where people and tools put the key of a certificate. */
function usualPlaces(file: string): string[] {
  const folder = dirname(file);
  const { name } = parse(file);
  const beside = [`${name}.key`, `${name}.key.pem`, `${name}-key.pem`, `${name}_key.pem`, 'key.pem'];
  return [file, ...beside.map((one) => join(folder, one))];
}

/** An encrypted key is taken for the right one: only `ca verify` asks for its passphrase. */
function holdsKeyOf(path: string, certificate: Certificate): boolean {
  try {
    const text = readTextIfExists(path);
    if (text === undefined || !text.includes('PRIVATE KEY-----')) return false;
    return isEncryptedKey(text) || isKeyPair(privateKeyFromPem(text), certificate.publicKey);
  } catch {
    return false;
  }
}
