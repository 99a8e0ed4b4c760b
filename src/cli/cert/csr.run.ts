/** Makes a certificate request, and a key unless one is given. */
import { join } from 'node:path';
import { sentences } from '../../languages/language.js';
import { privateKeyToPem } from '../../pki/keys.js';
import { makeCertificateRequest } from '../../pki/make/certificate-request.js';
import { signatureAlgorithm } from '../../pki/make/signature-algorithm.js';
import { publicFileMode, secretFileMode } from '../../workspace/files.js';
import { alternativeNamesFrom, subjectFrom } from '../input/certificate-names.js';
import { assertKeyFlags, keysFrom } from '../input/key-flags.js';
import { newPassphrase } from '../input/new-passphrase.js';
import { naming } from '../input/read-file.js';
import {
  assertFree,
  isCompletedEarlier,
  type NewFile,
  requestOf,
  writeAndReport,
} from '../input/write-files.js';
import type { Context, RunOf } from '../kernel/command.js';
import { quoted } from '../terminal/command-line.js';
import { displayPath } from '../terminal/text.js';
import type { certCsr } from './csr.js';
import { rowsText } from './description.js';
import { folderNameOf } from './make-certificate.js';

/** @throws EnrollkitError of the key, the names or the files */
export const run: RunOf<typeof certCsr> = async ({ args, flags }, context) => {
  const force = flags.force === true;
  const keyPath = flags.key;
  assertKeyFlags(flags);
  const folder = flags.out ?? folderNameOf(args.name);
  const paths = { request: join(folder, 'request.pem'), key: keyPath ?? join(folder, 'key.pem') };
  const written = keyPath === undefined ? [paths.request, paths.key] : [paths.request];
  const asked = requestOf('csr', args, flags);
  if (isCompletedEarlier(written, asked, context)) return report(paths, context);
  assertFree(written, force);
  const passphrase = flags.encryptKey
    ? await newPassphrase(flags, context, sentences.cliCert.encrypted.newKey)
    : undefined;
  const keys = await keysFrom(flags, context);
  if (keyPath !== undefined) naming(keyPath, () => signatureAlgorithm(keys.privateKey));
  const { pem } = await makeCertificateRequest({
    ...keys,
    subject: subjectFrom(args.name, flags),
    subjectAlternativeNames: alternativeNamesFrom(flags),
  });
  const files: NewFile[] = [{ path: paths.request, contents: pem, mode: publicFileMode }];
  if (keyPath === undefined) {
    const contents = await privateKeyToPem(keys.privateKey, passphrase);
    files.unshift({ path: paths.key, contents, mode: secretFileMode, passphrase });
  }
  writeAndReport(files, force, context, asked);
  report(paths, context);
};

function report(paths: { request: string; key: string }, { output }: Context): void {
  if (output.json) {
    output.value({ files: paths });
    return;
  }
  output.data(
    rowsText([
      [sentences.cliCert.rows.request, displayPath(paths.request)],
      [sentences.cliCert.rows.keyFile, displayPath(paths.key)],
    ]),
  );
  output.note(
    'cert.csr.next',
    `\n${sentences.cliCert.csr.next(`enrollkit cert sign ${quoted(displayPath(paths.request))}`)}`,
  );
}
