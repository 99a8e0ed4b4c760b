/** Validates the chain of a file, and shows the result. */
import { EnrollkitError, exitStatus } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { toChainVerdict, validatePath } from '../../pki/path/validate.js';
import type { Certificate } from '../../pki/x509/certificate.js';
import { parseRevocationLists } from '../../pki/x509/crl.js';
import { layoutOf } from '../../workspace/layout.js';
import { loadCertificate } from '../../workspace/stored-certificates.js';
import { readAllCertificates, readCertificates } from '../input/material.js';
import { withPassphrase } from '../input/passphrase.js';
import { naming, readBytes } from '../input/read-file.js';
import type { RunOf } from '../kernel/command.js';
import { folderOf } from '../target/folder.js';
import { peerNameFrom } from './peer-name.js';
import type { certVerify } from './verify.js';

/** @throws EnrollkitError of the files; a chain that is not valid is not an error, but an exit status */
export const run: RunOf<typeof certVerify> = async ({ args, flags }, context) => {
  const { output } = context;
  const peerName = peerNameFrom(flags);
  const crls = (flags.crl ?? []).map(readList);
  const { presented, intermediates, trusted } = await withPassphrase(flags, context, async (opening) => {
    return {
      presented: await readCertificates(args.file, opening),
      intermediates: await readAllCertificates(flags.intermediates ?? [], opening),
      trusted:
        flags.trust === undefined
          ? [rootOfFolder(folderOf(flags))]
          : await readAllCertificates(flags.trust, opening),
    };
  });
  const between = [...presented.slice(1), ...intermediates];
  const verdict = validatePath({
    leaf: presented[0]!,
    intermediates: between,
    trustAnchors: trusted,
    at: flags.at ?? context.now(),
    purpose: flags.purpose ?? 'any',
    mode: flags.strict ? 'strict' : 'lenient',
    crls,
    ...(flags.policy ? { initialPolicySet: flags.policy } : {}),
    requireExplicitPolicy: flags.requirePolicy === true,
    inhibitPolicyMapping: flags.inhibitPolicyMapping === true,
    inhibitAnyPolicy: flags.inhibitAnyPolicy === true,
    ...(peerName ? { peerName } : {}),
    ...(flags.maxDepth === undefined ? {} : { maxDepth: flags.maxDepth }),
  });
  if (output.json) output.value(toChainVerdict(verdict));
  else if (verdict.valid) {
    const { green } = output.dataStyle;
    output.result(
      'cert.verify.valid',
      `${green(sentences.cliCert.verify.valid)} ${sentences.cliCert.verify.path}`,
    );
    output.data(verdict.path.map((one, index) => `${'  '.repeat(index + 1)}${lineOf(one)}`).join('\n'));
  } else {
    output.result('cert.verify.invalid', output.dataStyle.red(sentences.cliCert.verify.invalid));
    for (const { code, message } of verdict.failures) output.data(`  ${message} (${code})`);
  }
  return verdict.valid ? exitStatus.ok : exitStatus.rejected;
};

function lineOf({ subject, notAfter }: Certificate): string {
  return sentences.cliCert.verify.certificate(subject.text, notAfter.toISOString());
}

/** Parsed here too, so that an error names the file. */
function readList(path: string): Buffer {
  const bytes = readBytes(path);
  naming(path, () => parseRevocationLists(bytes));
  return bytes;
}

function rootOfFolder(folder: string): Certificate {
  const layout = layoutOf(folder);
  const stored = loadCertificate(layout.root);
  if (stored) return stored.certificate;
  throw new EnrollkitError('FILE_UNREADABLE', sentences.cliCert.verify.noTrust(layout.folder), {
    next: sentences.cliCert.verify.addTrust,
  });
}
