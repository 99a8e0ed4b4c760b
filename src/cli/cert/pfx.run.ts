/** Packs a certificate and what belongs to it into PKCS#12. */
import { dirname, extname, join } from 'node:path';
import { sentences } from '../../languages/language.js';
import { createPfx } from '../../pki/containers/pkcs12-write.js';
import { secretFileMode } from '../../workspace/files.js';
import { ownerOf } from '../input/key-owner.js';
import { readAllCertificates, readMaterial, readPrivateKey } from '../input/material.js';
import { newPassphrase } from '../input/new-passphrase.js';
import { chainFrom } from '../input/order.js';
import { withPassphrase } from '../input/passphrase.js';
import { naming } from '../input/read-file.js';
import { assertFree, writeAndReport } from '../input/write-files.js';
import type { RunOf } from '../kernel/command.js';
import { report } from './make-certificate.js';
import type { certPfx } from './pfx.js';

/** @throws EnrollkitError of the files, KEY_MISMATCH, PASSPHRASE_REQUIRED */
export const run: RunOf<typeof certPfx> = async ({ args, flags }, context) => {
  const { file: path } = args;
  const force = flags.force === true;
  const out = flags.out ?? `${path.slice(0, path.length - extname(path).length)}.pfx`;
  assertFree([out], force);
  const { certificate, privateKey, issuers } = await withPassphrase(flags, context, async (opening) => {
    const material = await readMaterial(path, opening, { withKey: flags.key === undefined });
    const keyPath = flags.key ?? (material.privateKey ? path : join(dirname(path), 'key.pem'));
    const privateKey = material.privateKey ?? (await readPrivateKey(keyPath, opening));
    const owner = ownerOf(privateKey, material, keyPath);
    const others = await readAllCertificates(flags.chain ?? [], opening);
    const chain = naming(path, () => chainFrom(owner, [...material.certificates, ...others]));
    return { certificate: owner, privateKey, issuers: chain.slice(1) };
  });
  const passphrase = flags.emptyPassphrase
    ? ''
    : await newPassphrase(flags, context, sentences.cliCert.encrypted.pfx);
  const pfx = await createPfx({
    certificate: certificate.der,
    privateKey,
    chain: issuers.map(({ der }) => der),
    friendlyName: flags.friendlyName ?? certificate.subject.commonName ?? 'certificate',
    passphrase,
    ...(flags.pbmac1 ? { mac: 'pbmac1' } : {}),
  });
  writeAndReport([{ path: out, contents: pfx, mode: secretFileMode, passphrase }], force, context);
  report(certificate, { pfx: out }, context);
};
