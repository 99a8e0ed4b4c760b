/** Certificates of every role, for validators that we did not write. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Script } from '../../src/certgen/scripts.js';
import { createPfx } from '../../src/pki/containers/pkcs12-write.js';
import { generateKeyPair, type KeyAlgorithm } from '../../src/pki/keys.js';
import { certificateToPem } from '../../src/pki/x509/certificate.js';
import { authority, certificate, passphrase } from '../certgen/support.js';
import { make } from './chains.js';
import './quick-key-derivation.js';

export type Use = 'authority' | 'client' | 'server';

export interface SetMember {
  name: string;
  use: Use;
  pem: string;
  /** From its issuer to the root; empty for what signed itself. */
  issuers: readonly string[];
}

export interface CertificateSet {
  /** The root first. */
  members: readonly SetMember[];
  /** A file of PKCS#12 with a device's key, its certificate and its two issuers. */
  pfx: { file: string; passphrase: string };
}

/** What `enrollkit cert` and the quickstart make, with keys of one kind. */
export async function enrollkitSet(folder: string, algorithm: KeyAlgorithm): Promise<CertificateSet> {
  const called = (role: string) => `${role}-${algorithm}`;
  // Large RSA keys take seconds to make, and no validator minds that the root and the leaves share theirs.
  const { publicKey, privateKey } = await generateKeyPair(algorithm);
  const shared = { publicKey, issuer: { privateKey } };
  const root = { ...(await make('root', called('root'), undefined, shared)), privateKey };
  const intermediate = await make('intermediate', called('intermediate'), root, { algorithm });
  const leaf = async (role: 'device' | 'edge-ca' | 'server' | 'verification', more = {}) =>
    (await make(role, called(role), intermediate, { publicKey, ...more })).pem;
  const names = { dns: ['localhost'], ip: ['127.0.0.1', '::1'] };
  const device = await leaf('device');
  const selfSigned = await make('device', called('self-signed'), undefined, shared);
  const issuers = [intermediate.pem, root.pem];
  const file = join(folder, 'device.pfx');
  const contents = { certificate: device, privateKey, chain: issuers, friendlyName: called('device') };
  writeFileSync(file, await createPfx({ ...contents, passphrase }));
  const member = (name: string, use: Use, pem: string, from = issuers) => ({ name, use, pem, issuers: from });
  return {
    members: [
      member('root', 'authority', root.pem, []),
      member('intermediate', 'authority', intermediate.pem, [root.pem]),
      member('edge CA', 'authority', await leaf('edge-ca')),
      member('device', 'client', device),
      member('server', 'server', await leaf('server', { subjectAlternativeNames: names })),
      member('verification', 'client', await leaf('verification')),
      member('self-signed', 'client', selfSigned.pem, []),
    ],
    pfx: { file, passphrase },
  };
}

/** What a script of `enrollkit certgen` makes, command by command. */
export async function certgenSet(folder: string, script: Script): Promise<CertificateSet> {
  const today = { at: new Date(), keyAlgorithm: 'rsa-2048' } as const;
  const pems = (await authority(folder, script, today)).certificates.map(certificateToPem);
  const [root, intermediate] = pems as [string, string];
  const members: SetMember[] = [
    { name: 'root', use: 'authority', pem: root, issuers: [] },
    { name: 'intermediate', use: 'authority', pem: intermediate, issuers: [root] },
  ];
  let pfx = '';
  for (const [name, { profile, issuer, prefix }] of Object.entries(script.commands)) {
    const made = await certificate(folder, name, `a-${members.length}`, { script, ...today });
    const use = profile.endsWith('ca') ? 'authority' : profile.endsWith('server') ? 'server' : 'client';
    const issuers = issuer === 'root' ? [root] : [intermediate, root];
    members.push({ name, use, pem: certificateToPem(made.certificates[0]!), issuers });
    if (name.startsWith('create_device_certificate') && issuer === 'intermediate')
      pfx =
        script.commands[name]!.filesNamed === 'always the same'
          ? prefix
          : `${prefix}-a-${members.length - 1}`;
  }
  return { members, pfx: { file: join(folder, 'certs', `${pfx}.cert.pfx`), passphrase } };
}
