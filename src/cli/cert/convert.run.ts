/** Certificates from one form into another. */
import { EnrollkitError } from '../../errors.js';
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
    throw new EnrollkitError(
      'USAGE',
      `${form === 'der' ? 'DER' : 'PKCS#7'} is binary, and standard output is a terminal.`,
      {
        next: 'Give --out FILE.',
      },
    );
  }
  const files: NewFile[] = [];
  if (keyOut !== undefined && !isWritten) {
    if (!privateKey) throw new EnrollkitError('INVALID_KEY', `${path} holds no private key for --key-out.`);
    ownerOf(privateKey, material, path);
    const passphrase = flags.encryptKey ? await newPassphrase(flags, context, 'the key') : undefined;
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
  const how = certificates.length === 1 ? 'Certificate' : `${certificates.length} certificates`;
  output.data(
    rowsText([[how, displayPath(out)], ...(keyOut ? ([['Key file', displayPath(keyOut)]] as const) : [])]),
  );
};

function inForm(form: Form, certificates: readonly Certificate[], path: string): string | Buffer {
  if (form === 'pem') return certificates.map(certificateToPem).join('');
  if (form === 'pkcs7') return createPkcs7(certificates.map(({ der }) => der));
  if (certificates.length === 1) return certificates[0]!.der;
  throw new EnrollkitError(
    'USAGE',
    `${path} holds ${certificates.length} certificates; a DER file holds one.`,
    {
      next: 'Take --to pkcs7, which holds several, or give a file with one certificate.',
    },
  );
}
