/** Public things on standard output, or in the file of `--out`. */
import { parseCertificate } from '../../pki/x509/certificate.js';
import { inspectCertificate } from '../../pki/x509/inspect.js';
import { publicFileMode } from '../../workspace/files.js';
import type { forceFlag, outFileFlag } from '../input/certificate-flags.js';
import { assertFree, writeAndReport } from '../input/write-files.js';
import type { Context } from '../kernel/command.js';
import type { FlagValues } from '../kernel/flags.js';
import type { Output } from '../kernel/output.js';
import { displayPath } from '../terminal/text.js';
import { report } from './make-certificate.js';

/** @throws EnrollkitError FILE_EXISTS: to be called before the work */
export function assertOutFree(flags: FlagValues<typeof outFileFlag & typeof forceFlag>): void {
  const { out, force } = flags;
  if (out !== undefined) assertFree([out], force === true);
}

/**
 * Writes one certificate and tells of it.
 *
 * @param text what goes into the file: the certificate, or the certificate with its chain
 */
export function emitCertificate(
  pem: string,
  text: string,
  flags: FlagValues<typeof outFileFlag & typeof forceFlag>,
  context: Context,
): void {
  const { out } = flags;
  const certificate = parseCertificate(pem);
  if (out === undefined) {
    if (!context.output.json) context.output.data(text);
    else context.output.value({ certificate: inspectCertificate(certificate), pem: text });
    return;
  }
  writeAndReport([{ path: out, contents: text, mode: publicFileMode }], flags.force === true, context);
  report(certificate, { certificate: out }, context);
}

/** To standard output: as it is, or with `--json` as one object, binary in base64. */
export function writeOut(contents: string | Uint8Array, output: Output): void {
  if (output.json) {
    output.value(
      typeof contents === 'string' ? { pem: contents } : { base64: Buffer.from(contents).toString('base64') },
    );
  } else if (typeof contents === 'string') output.data(contents);
  else output.stdout.write(contents);
}

/**
 * Writes what is not a single certificate; binary only into a file.
 *
 * @param written the line on the file, for people
 */
export function emit(
  contents: string | Uint8Array,
  written: (path: string) => string,
  flags: FlagValues<typeof outFileFlag & typeof forceFlag>,
  context: Context,
): void {
  const { output } = context;
  const { out } = flags;
  if (out === undefined) {
    writeOut(contents, output);
    return;
  }
  writeAndReport([{ path: out, contents, mode: publicFileMode }], flags.force === true, context);
  if (output.json) output.value({ file: out });
  else output.data(written(displayPath(out)));
}
