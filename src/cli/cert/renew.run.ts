/** Renews one certificate. */
import type { KeyObject } from 'node:crypto';
import { dirname, join } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import {
  generateKeyPair,
  isEncryptedKey,
  isKeyPair,
  type KeyPair,
  keyAlgorithmOf,
  type OpenPrivateKeyOptions,
  privateKeyToPem,
} from '../../pki/keys.js';
import { usualUse } from '../../pki/lint/use-rules.js';
import { renewCertificate } from '../../pki/make/renew.js';
import { type Certificate, parseCertificate } from '../../pki/x509/certificate.js';
import { isIssuedBy, notIssuedBy } from '../../pki/x509/issued-by.js';
import { publicFileMode, readText, readTextIfExists, secretFileMode } from '../../workspace/files.js';
import { layoutOf } from '../../workspace/layout.js';
import { loadCertificate } from '../../workspace/stored-certificates.js';
import { noteIfNotForDps, noteIfShortened } from '../input/certificate-notes.js';
import { readCertificates, readPrivateKey } from '../input/material.js';
import { newPassphrase } from '../input/new-passphrase.js';
import { isSelfSigned } from '../input/order.js';
import { withPassphrase } from '../input/passphrase.js';
import {
  issuerOf,
  noteFailures,
  type SigningCa,
  signedBy,
  signingCa,
  signingTime,
} from '../input/signing-ca.js';
import {
  assertFree,
  isCompletedEarlier,
  type NewFile,
  requestOf,
  writeAndReport,
} from '../input/write-files.js';
import type { FlagsOf, RunOf } from '../kernel/command.js';
import { folderOf } from '../target/folder.js';
import { quoted } from '../terminal/command-line.js';
import { displayPath } from '../terminal/text.js';
import { report } from './make-certificate.js';
import type { certRenew } from './renew.js';
import { renewedPfx } from './renewed-pfx.js';

/** @throws EnrollkitError of the files, the CA, the key; CHAIN_INVALID when the CA is not the one before */
export const run: RunOf<typeof certRenew> = async ({ args, flags }, context) => {
  const { file: path } = args;
  const force = flags.force === true;
  const withNewKey = flags.newKey === true;
  assertFlags(flags);
  const folder = flags.out ?? dirname(path);
  const paths = {
    ...(withNewKey ? { key: join(folder, 'key.pem') } : {}),
    chain: join(folder, 'chain.pem'),
    certificate: join(folder, 'certificate.pem'),
  };
  const asked = requestOf('renew', args, flags);
  if (isCompletedEarlier(Object.values(paths), asked, context)) {
    report(parseCertificate(readText(paths.certificate)), paths, context);
    return;
  }
  const { old, ca, oldKey, given } = await withPassphrase(flags, context, async (opening) => {
    const given = opening.passphrase;
    const old = (await readCertificates(path, opening))[0]!;
    const isSigner = isSelfSigned(old);
    if (isSigner) {
      const oldKey = withNewKey ? undefined : await keyOf(old, path, flags, opening);
      return { old, ca: undefined, oldKey, given };
    }
    if (!withNewKey && flags.key !== undefined) await assertNoOtherKey(old, path, flags, opening);
    return { old, ca: await caOf(old, path, flags, opening), oldKey: undefined, given };
  });
  assertFree(Object.values(paths), force);
  const isEncrypted = flags.encryptKey === true || (withNewKey && wasEncrypted(path, flags));
  const passphrase = isEncrypted
    ? await newPassphrase(flags, context, sentences.cliCert.encrypted.newKey)
    : undefined;

  const keys = withNewKey ? await newKeys(old, flags, context.signal) : undefined;
  const at = await signingTime(ca, context);
  const issued = await signedBy(
    ca,
    () =>
      renewCertificate({
        certificate: old,
        publicKey: keys?.publicKey ?? old.publicKey,
        issuer: ca ? issuerOf(ca) : { privateKey: (keys?.privateKey ?? oldKey)! },
        at,
        force,
        ...(flags.days === undefined ? {} : { validityDays: flags.days }),
      }),
    path,
  );
  const { pem } = issued;
  const renewed = parseCertificate(pem);
  const files: NewFile[] = [
    { path: paths.chain, contents: pem + (ca?.chainPem ?? ''), mode: publicFileMode },
    { path: paths.certificate, contents: pem, mode: publicFileMode },
  ];
  if (keys && paths.key !== undefined) {
    const contents = await privateKeyToPem(keys.privateKey, passphrase);
    files.unshift({ path: paths.key, contents, mode: secretFileMode, passphrase });
  }
  const pfxPath = join(folder, 'device.pfx');
  const pfx = await renewedPfx({
    path: pfxPath,
    old,
    chainPem: pem + (ca?.chainPem ?? ''),
    newKeys: keys,
    newPassphrase: passphrase,
    passphrase: given,
    signal: context.signal,
  });
  if (pfx !== 'none' && pfx !== 'closed') files.unshift(pfx);
  writeAndReport(files, force, context, asked);
  report(renewed, pfx === 'none' || pfx === 'closed' ? paths : { ...paths, pfx: pfx.path }, context);
  noteFailures(issued, context);
  noteIfNotForDps(renewed, usualUse(renewed) === 'server' ? 'server' : 'device', context);
  noteIfShortened(renewed, ca?.certificate, context);
  if (pfx === 'closed') {
    const remake = `enrollkit cert pfx ${quoted(displayPath(paths.certificate))} --out ${quoted(displayPath(pfxPath))} --force`;
    context.output.note('cert.renew.old-pfx', sentences.cliCert.renew.oldPfx(displayPath(pfxPath), remake));
  }
};

function assertFlags({ newKey, keyAlgorithm, encryptKey }: FlagsOf<typeof certRenew>): void {
  if (newKey || (keyAlgorithm === undefined && !encryptKey)) return;
  throw new EnrollkitError('USAGE', sentences.cliCert.renew.requiresNewKey, {
    next: sentences.cliCert.renew.addNewKey,
  });
}

/** An unencrypted key must not silently replace an encrypted one. */
function wasEncrypted(path: string, flags: FlagsOf<typeof certRenew>): boolean {
  const text = readTextIfExists(flags.key ?? join(dirname(path), 'key.pem'));
  return text !== undefined && isEncryptedKey(text);
}

/** A key of the same algorithm as before, unless another is given. */
async function newKeys(
  old: Certificate,
  flags: FlagsOf<typeof certRenew>,
  signal: AbortSignal,
): Promise<KeyPair> {
  const algorithm = flags.keyAlgorithm ?? keyAlgorithmOf(old.publicKey);
  if (algorithm) return generateKeyPair(algorithm, signal);
  throw new EnrollkitError('USAGE', sentences.cliCert.renew.unknownAlgorithm(old.publicKeyInfo.name), {
    next: sentences.cliCert.renew.chooseAlgorithm,
  });
}

async function keyOf(
  old: Certificate,
  path: string,
  flags: FlagsOf<typeof certRenew>,
  opening: OpenPrivateKeyOptions,
): Promise<KeyObject> {
  const keyPath = flags.key ?? join(dirname(path), 'key.pem');
  const key = await readPrivateKey(keyPath, opening);
  if (isKeyPair(key, old.publicKey)) return key;
  throw new EnrollkitError('KEY_MISMATCH', sentences.cliCert.renew.otherKey(keyPath, old.subject.text, path));
}

/**
 * Refuses a `--key` that is not the certificate's, though only the issuer's key is used. An encrypted one is checked as
 * far as the passphrase opens it: to renew, nobody needs the device's passphrase.
 */
async function assertNoOtherKey(...of: Parameters<typeof keyOf>): Promise<void> {
  try {
    await keyOf(...of);
  } catch (error) {
    const isClosed =
      error instanceof EnrollkitError && /^(PASSPHRASE_REQUIRED|WRONG_PASSPHRASE)$/.test(error.code);
    if (!isClosed) throw error;
  }
}

/**
 * The CA that signs. It must be the one that signed before; otherwise a foreign certificate would be renewed into one's
 * own hierarchy.
 */
async function caOf(
  old: Certificate,
  path: string,
  flags: FlagsOf<typeof certRenew>,
  opening: OpenPrivateKeyOptions,
): Promise<SigningCa> {
  const ca = await signingCa(flags, opening, preferredCa(old, flags));
  if (flags.newIssuer || isIssuedBy(old, ca.certificate)) return ca;
  throw new EnrollkitError(
    'CHAIN_INVALID',
    sentences.cliCert.renew.otherIssuer(old.subject.text, path, notIssuedBy(old, ca.certificate)),
    {
      next: sentences.cliCert.renew.nameIssuer,
    },
  );
}

function preferredCa(old: Certificate, flags: FlagsOf<typeof certRenew>): 'root' | 'intermediate' {
  if (flags.ca !== undefined) return 'intermediate';
  const intermediate = loadCertificate(layoutOf(folderOf(flags)).intermediate)?.certificate;
  return intermediate && old.issuer.equals(intermediate.subject) ? 'intermediate' : 'root';
}
