/** Certificates from one form into another. */
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { createPkcs7 } from '../../pki/containers/pkcs7.js';
import { privateKeyToPem } from '../../pki/keys.js';
import { type Certificate, certificateToPem } from '../../pki/x509/certificate.js';
import { publicFileMode, secretFileMode } from '../../workspace/files.js';
import { ownerOf } from '../input/key-owner.js';
import { readMaterial } from '../input/material.js';
import { newPassphrase } from '../input/new-passphrase.js';
import { withPassphrase } from '../input/passphrase.js';
import {
  assertFree,
  isCompletedEarlier,
  type NewFile,
  requestOf,
  writeAndReport,
} from '../input/write-files.js';
import type { RunOf } from '../kernel/command.js';
import { displayPath } from '../terminal/text.js';
import type { certConvert } from './convert.js';
import { rowsText } from './description.js';
import { writeOut } from './emit.js';

type Form = 'pem' | 'der' | 'pkcs7';

/** @throws EnrollkitError of the file, USAGE when it does not fit into the form */
export const run: RunOf<typeof certConvert> = async ({ args, flags }, context) => {
  const { output } = context;
  const { file: path } = args;
  const { out, keyOut, to: form = 'pem' } = flags;
  const force = flags.force === true;
  const written = [out, keyOut].filter((file) => file !== undefined);
  const asked = requestOf('convert', args, flags);
  const isWritten = isCompletedEarlier(written, asked, context);
  if (!isWritten) assertFree(written, force);
  const material = await withPassphrase(flags, context, (opening) =>
    readMaterial(path, opening, { withKey: keyOut !== undefined }),
  );
  const { certificates, privateKey } = material;
  const contents = inForm(form, certificates, path);
  if (out === undefined && typeof contents !== 'string' && output.stdout.isTTY) {
    throw new EnrollkitError('USAGE', sentences.cliCert.convert.binary(form === 'der' ? 'DER' : 'PKCS#7'), {
      next: sentences.cliCert.convert.addOut,
    });
  }
  const files: NewFile[] = [];
  if (keyOut !== undefined && !isWritten) {
    if (!privateKey) throw new EnrollkitError('INVALID_KEY', sentences.cliCert.convert.noKey(path));
    ownerOf(privateKey, material, path);
    const passphrase = flags.encryptKey
      ? await newPassphrase(flags, context, sentences.cliCert.encrypted.key)
      : undefined;
    files.push({
      path: keyOut,
      contents: await privateKeyToPem(privateKey, passphrase),
      mode: secretFileMode,
      passphrase,
    });
  }
  if (out !== undefined) files.push({ path: out, contents, mode: publicFileMode });
  if (!isWritten) writeAndReport(files, force, context, asked);
  if (out === undefined) {
    writeOut(contents, output);
    return;
  }
  if (output.json) {
    return output.value({
      certificates: certificates.length,
      files: { certificates: out, ...(keyOut ? { key: keyOut } : {}) },
    });
  }
  const how = sentences.cliCert.rows.certificates(certificates.length);
  output.data(
    rowsText([
      [how, displayPath(out)],
      ...(keyOut ? ([[sentences.cliCert.rows.keyFile, displayPath(keyOut)]] as const) : []),
    ]),
  );
};

function inForm(form: Form, certificates: readonly Certificate[], path: string): string | Buffer {
  if (form === 'pem') return certificates.map(certificateToPem).join('');
  if (form === 'pkcs7') return createPkcs7(certificates.map(({ der }) => der));
  if (certificates.length === 1) return certificates[0]!.der;
  throw new EnrollkitError('USAGE', sentences.cliCert.convert.oneInDer(path, certificates.length), {
    next: sentences.cliCert.convert.usePkcs7,
  });
}
