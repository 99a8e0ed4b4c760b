/** Reads certificates and draws who signed whom, in one of several formats. */
import { dirname } from 'node:path';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { holdsKey } from '../../pki/containers/contents.js';
import { type Certificate, sha1Thumbprint, sha256Thumbprint } from '../../pki/x509/certificate.js';
import { isFolder } from '../../workspace/files.js';
import { Journal } from '../../workspace/journal.js';
import { certificateFolderOf, layoutOf } from '../../workspace/layout.js';
import { type CertificateFile, readFileOrFolder } from '../input/certificate-files.js';
import { holdsSomethingElse, type Opening } from '../input/material.js';
import { withPassphrase } from '../input/passphrase.js';
import { contentsOf } from '../input/read-file.js';
import type { FlagsOf, RunOf } from '../kernel/command.js';
import { defaultFolder } from '../kernel/common-flags.js';
import type { Output } from '../kernel/output.js';
import { showsUnicode } from '../terminal/symbols.js';
import { wrap } from '../terminal/text.js';
import { forestOf, type Upload } from './tree/forest.js';
import { treeHtml } from './tree/html.js';
import { treeJson } from './tree/json.js';
import { treeMermaid } from './tree/mermaid.js';
import { findPrivateKeys } from './tree/private-keys.js';
import { findSigners } from './tree/signers.js';
import { treeSvg } from './tree/svg.js';
import { treeText } from './tree/text.js';
import { summaryText } from './tree/words.js';
import type { certTree } from './tree.js';

/** @throws EnrollkitError USAGE for two formats; of a file or folder that was given */
export const run: RunOf<typeof certTree> = async ({ args, flags }, context) => {
  const { output, env } = context;
  const format = formatOf(flags);
  const paths = args.path.length > 0 ? args.path : [defaultFolder];
  const { read, certificates, keys } = await withPassphrase(flags, context, (opening) =>
    readAll(paths, opening),
  );
  const at = flags.at ?? context.now();
  const signers = findSigners([...certificates.keys()]);
  const uploads = uploadsOf(paths, [...certificates.keys()], output);
  const forest = forestOf(
    [...certificates.keys()],
    { signers, files: certificates, keys, uploads },
    at,
    flags.within,
  );
  const problems = read.filter(({ problem }) => problem !== undefined);
  const isLocked = ({ problemCode }: CertificateFile) => problemCode === 'PASSPHRASE_REQUIRED';
  const listed = (files: readonly CertificateFile[]) =>
    files.map(({ path, problem }) => ({ file: path, message: problem! }));
  const unreadable = listed(problems.filter((one) => !isLocked(one)));
  const locked = listed(problems.filter(isLocked));
  const time = `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  if (format === 'json') {
    const { complete } = signers;
    return output.value({
      at: at.toISOString(),
      complete,
      certificates: treeJson(forest),
      unreadable,
      locked,
    });
  }
  const remarks = [
    ...(locked.length > 0 ? [sentences.cliCert.tree.locked(locked.length)] : []),
    ...(signers.complete ? [] : [sentences.cliCert.tree.incomplete]),
  ];
  if (format === 'html') return output.data(treeHtml(forest, { time, unreadable, remarks }));
  const fit = (text: string) => (output.stderr.isTTY ? wrap(text, output.width) : text);
  for (const remark of remarks) output.note('cert.tree.remark', fit(remark));
  // The message names the file.
  for (const { message } of unreadable) output.note('cert.tree.unreadable', fit(message));
  if (format === 'mermaid') return output.data(treeMermaid(forest));
  if (format === 'svg') return output.data(treeSvg(forest, time));
  const { stdout, dataStyle: style } = output;
  const isTerminal = stdout.isTTY === true;
  const unicode = isTerminal && showsUnicode(env);
  const text = treeText(forest, { width: isTerminal ? stdout.columns || 80 : undefined, unicode, style });
  output.data(`${text}${text === '' ? '' : '\n\n'}${summaryText(forest.nodes)}`);
};

type Format = 'text' | 'json' | 'mermaid' | 'svg' | 'html';

function formatOf(flags: FlagsOf<typeof certTree>): Format {
  const [format = 'text', ...more] = (['json', 'mermaid', 'svg', 'html'] as const).filter(
    (one) => flags[one] === true,
  );
  if (more.length === 0) return format;
  const { oneFormat, chooseFormat } = sentences.cliCert.tree;
  throw new EnrollkitError('USAGE', oneFormat([format, ...more].map((one) => `--${one}`)), {
    next: chooseFormat,
  });
}

async function readAll(paths: readonly string[], opening: Opening) {
  const read: CertificateFile[] = [];
  let onlyKey: unknown;
  for (const path of paths) {
    try {
      read.push(...(await readFileOrFolder(path, opening)));
    } catch (error) {
      // As `*.pem` of a shell gives it; among certificates, it is the key of one of them.
      const isKey =
        error instanceof EnrollkitError && error.context[holdsSomethingElse] && holdsKey(contentsOf(path));
      if (!isKey) throw error;
      onlyKey ??= error;
    }
  }
  if (read.length === 0) throw onlyKey;
  const { certificates, firstIn } = withoutCopies(read);
  return {
    read,
    certificates,
    keys: await findPrivateKeys(paths, [...certificates.keys()], firstIn, opening),
  };
}

/** Each certificate once, with its files; and by folder, the first certificates of its files. */
function withoutCopies(read: readonly CertificateFile[]) {
  const known = new Map<string, Certificate>();
  const files = new Map<Certificate, Set<string>>();
  const firstIn = new Map<string, Set<Certificate>>();
  for (const { path, certificates: found } of read) {
    for (const [index, one] of found.entries()) {
      const thumbprint = sha256Thumbprint(one);
      const certificate = known.get(thumbprint) ?? one;
      known.set(thumbprint, certificate);
      files.set(certificate, (files.get(certificate) ?? new Set()).add(path));
      if (index > 0) continue;
      firstIn.set(dirname(path), (firstIn.get(dirname(path)) ?? new Set()).add(certificate));
    }
  }
  return { certificates: new Map([...files].map(([one, paths]) => [one, [...paths]])), firstIn };
}

/** What the journals of the certificate folders say. One that cannot be read is no reason to show nothing. */
function uploadsOf(
  paths: readonly string[],
  certificates: readonly Certificate[],
  output: Output,
): ReadonlyMap<Certificate, readonly Upload[]> {
  const byThumbprint = new Map<string, Upload[]>();
  const journals = new Set(
    paths.map((path) => (isFolder(path) ? layoutOf(path) : certificateFolderOf(path))?.journal),
  );
  for (const path of journals) {
    if (path === undefined) continue;
    try {
      const journal = Journal.open(path, () => new Date(0));
      for (const thing of journal.things()) {
        if (thing.kind !== 'ca-certificate' || !journal.has(thing)) continue;
        const { name, target, sha1Thumbprint: recorded } = thing;
        const thumbprint = recorded.toUpperCase();
        const upload = target.kind === 'azure' ? { name, dpsName: target.dpsName } : { name };
        byThumbprint.set(thumbprint, [...(byThumbprint.get(thumbprint) ?? []), upload]);
      }
    } catch (error) {
      if (!(error instanceof EnrollkitError)) throw error;
      output.note('cert.tree.journal', error.message);
    }
  }
  if (byThumbprint.size === 0) return new Map();
  return new Map(certificates.map((one) => [one, byThumbprint.get(sha1Thumbprint(one)) ?? []] as const));
}
