/** Certificates made by openssl, the other implementation that ours is held against. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openssl } from './openssl.js';

export interface OpensslRequest {
  /** Names the files too. */
  name: string;
  /** In openssl's own form: `CN = device-001`, one attribute a line; the common name alone when left out. */
  subject?: string;
  /** The name of one made before; itself when left out. */
  issuer?: string;
  /** As in an openssl configuration, one a line. */
  extensions?: string[];
  /** Arguments of `openssl genpkey`. */
  key?: string[];
  /** Arguments of `openssl req` besides. */
  options?: string[];
}

export const ecKey = (curve = 'P-256') => ['-algorithm', 'EC', '-pkeyopt', `ec_paramgen_curve:${curve}`];
export const rsaKey = (bits = 2048) => ['-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`];

/** Arguments of `openssl req` for a new key, in the clear. */
export const newEcKey = (keyFile: string, curve = 'P-256') => [
  '-newkey',
  'ec',
  '-pkeyopt',
  `ec_paramgen_curve:${curve}`,
  '-nodes',
  '-keyout',
  keyFile,
];

export const authorityExtensions = [
  'basicConstraints = critical, CA:TRUE',
  'keyUsage = critical, keyCertSign, cRLSign',
];

/** Makes a certificate, valid from now for a year, in a folder. @returns its PEM */
export function certify(folder: string, request: OpensslRequest): string {
  const { name, subject = `CN = ${name}`, issuer, extensions = [], key = ecKey(), options = [] } = request;
  const file = (kind: string, of = name) => join(folder, `${of}.${kind}`);
  if (!existsSync(file('key'))) openssl(['genpkey', ...key, '-out', file('key')]);
  const identifiers = ['subjectKeyIdentifier = hash', 'authorityKeyIdentifier = keyid'];
  const sections = [
    '[req]',
    'distinguished_name = dn',
    'x509_extensions = ext',
    'prompt = no',
    'utf8 = yes',
    'string_mask = utf8only',
  ];
  writeFileSync(
    file('cnf'),
    [...sections, '[dn]', subject, '[ext]', ...identifiers, ...extensions, ''].join('\n'),
  );
  const signer = issuer === undefined ? [] : ['-CA', file('pem', issuer), '-CAkey', file('key', issuer)];
  const output = ['-days', '365', ...options, '-out', file('pem')];
  openssl(['req', '-x509', '-new', '-config', file('cnf'), '-key', file('key'), ...signer, ...output]);
  return readFileSync(file('pem'), 'utf8');
}

/** Whether `openssl verify` takes a chain, and what it says. */
export function opensslVerdict(
  folder: string,
  chain: readonly string[],
  anchors: readonly string[],
  options: readonly string[] = [],
): { valid: boolean; says: string } {
  const [leaf, ...intermediates] = chain;
  const write = (name: string, pems: readonly string[]) => {
    writeFileSync(join(folder, name), pems.join('\n'));
    return join(folder, name);
  };
  const untrusted = intermediates.length > 0 ? ['-untrusted', write('untrusted.txt', intermediates)] : [];
  const files = ['-CAfile', write('anchors.txt', anchors), ...untrusted, write('leaf.txt', [leaf!])];
  try {
    return { valid: true, says: openssl(['verify', '-x509_strict', ...options, ...files]) };
  } catch (error) {
    return { valid: false, says: (error as Error).message };
  }
}
