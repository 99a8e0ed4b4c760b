/** certgen in temporary folders, with keys that are made quickly. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AuthorityRequest, createAuthority } from '../../src/certgen/create-authority.js';
import { type CertificateRequest, createCertificate } from '../../src/certgen/create-certificate.js';
import type { CertgenResult } from '../../src/certgen/request.js';
import { edgeScript, type Script, sdkScript } from '../../src/certgen/scripts.js';
import { type Certificate, parseCertificate } from '../../src/pki/x509/certificate.js';
import '../support/quick-key-derivation.js';

export { edgeScript, sdkScript };
export const passphrase = '1234';
export const at = new Date('2026-11-24T05:00:00Z');

export function authority(
  folder: string,
  script: Script = sdkScript,
  more: Partial<AuthorityRequest> = {},
): Promise<CertgenResult> {
  return createAuthority({
    script,
    folder,
    passphrase,
    at,
    replace: false,
    keyAlgorithm: 'ec-p256',
    ...more,
  });
}

export function certificate(
  folder: string,
  commandName: string,
  name: string,
  { script = sdkScript, ...more }: Partial<CertificateRequest> = {},
): Promise<CertgenResult> {
  const command = script.commands[commandName]!;
  return createCertificate({
    script,
    command,
    name,
    folder,
    passphrase,
    at,
    keyAlgorithm: 'ec-p256',
    ...more,
  });
}

export function textOf(folder: string, path: string): string {
  return readFileSync(join(folder, path), 'utf8');
}

export function read(folder: string, path: string): Certificate {
  return parseCertificate(textOf(folder, path));
}

/** What the real script wrote. */
export const reference = fileURLToPath(new URL('../data/certgen', import.meta.url));

/** The name and the code that the reference was made with, in its order. */
export const referenceNames: readonly (readonly [command: string, name: string])[] = [
  ['create_verification_certificate', '106A5SD242AF512B3498BD6098C4941E66R34H268DDB3288'],
  ['create_device_certificate', 'mydevice'],
  ['create_device_certificate_from_intermediate', 'mydevice2'],
  ['create_edge_device_certificate', 'myEdgeDevice'],
];
