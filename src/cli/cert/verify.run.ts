/** Validates the chain of a file, and says what came of it. */
import { EnrollkitError, type ExitStatus, exitStatus } from '../../errors.js';
import { type Purpose, toChainVerdict, validatePath } from '../../pki/path/validate.js';
import type { Certificate } from '../../pki/x509/certificate.js';
import { parseRevocationLists } from '../../pki/x509/crl.js';
import { layoutOf } from '../../workspace/layout.js';
import { loadCertificate } from '../../workspace/stored-certificates.js';
import { readAllCertificates, readCertificates } from '../input/material.js';
import { withPassphrase } from '../input/passphrase.js';
import { naming, readBytes } from '../input/read-file.js';
import type { Context, Input } from '../kernel/untyped-command.js';
import { folderOf } from '../target/command-target.js';
import { peerNameFrom } from './peer-name.js';

/** @throws EnrollkitError of the files; a chain that does not hold is no error, and a status of its own */
export async function verifyFile(path: string, flags: Input['flags'], context: Context): Promise<ExitStatus> {
  const { output } = context;
  const peerName = peerNameFrom(flags);
  const crls = ((flags.crl as string[] | undefined) ?? []).map(readList);
  const { presented, intermediates, trusted } = await withPassphrase(flags, context, async (opening) => {
    const all = (name: string) => readAllCertificates((flags[name] as string[] | undefined) ?? [], opening);
    return {
      presented: await readCertificates(path, opening),
      intermediates: await all('intermediates'),
      trusted: flags.trust === undefined ? [rootOfFolder(folderOf(flags))] : await all('trust'),
    };
  });
  const between = [...presented.slice(1), ...intermediates];
  const verdict = validatePath({
    leaf: presented[0]!,
    intermediates: between,
    trustAnchors: trusted,
    at: (flags.at as Date | undefined) ?? context.now(),
    purpose: (flags.purpose as Purpose | undefined) ?? 'any',
    mode: flags.strict ? 'strict' : 'lenient',
    crls,
    ...(peerName ? { peerName } : {}),
    ...(flags.maxDepth === undefined ? {} : { maxDepth: flags.maxDepth as number }),
  });
  if (output.json) output.value(toChainVerdict(verdict));
  else if (verdict.valid) {
    const { green } = output.dataStyle;
    output.data(`${green('It holds.')} From the certificate to the trusted CA:`);
    output.data(verdict.path.map((one, index) => `${'  '.repeat(index + 1)}${called(one)}`).join('\n'));
  } else {
    output.data(`${output.dataStyle.red('It does not hold.')}`);
    for (const { code, message } of verdict.failures) output.data(`  ${message} (${code})`);
  }
  return verdict.valid ? exitStatus.ok : exitStatus.rejected;
}

function called({ subject, notAfter }: Certificate): string {
  return `${subject.text}, until ${notAfter.toISOString()}`;
}

/** Read here as well, so that an error names the file. */
function readList(path: string): Buffer {
  const bytes = readBytes(path);
  naming(path, () => parseRevocationLists(bytes));
  return bytes;
}

function rootOfFolder(folder: string): Certificate {
  const layout = layoutOf(folder);
  const stored = loadCertificate(layout.root);
  if (stored) return stored.certificate;
  throw new EnrollkitError(
    'FILE_UNREADABLE',
    `No CA to trust was given, and there is no root CA in the certificate folder ${layout.folder}.`,
    { next: 'Give --trust FILE, or the certificate folder with --dir FOLDER.' },
  );
}
