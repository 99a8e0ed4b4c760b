/** Lints the chains of files and folders, and says what was found. */
import { deviceOrModuleProblem } from '../../dps/contract/ids.js';
import { exitStatus } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { type Finding, lintChain, type Use, usualUse } from '../../pki/lint/lint.js';
import { sha256Thumbprint } from '../../pki/x509/certificate.js';
import { type CertificateFile, readFileOrFolder } from '../input/certificate-files.js';
import { withPassphrase } from '../input/passphrase.js';
import type { RunOf } from '../kernel/command.js';
import type { Styles } from '../kernel/output.js';
import { displayPath } from '../terminal/text.js';
import { chainsOfFiles, type FileChain } from './chains-of-files.js';
import type { certLint } from './lint.js';

interface FileFinding extends Omit<Finding, 'certificate'> {
  file: string;
  certificate: { subject: string; sha256Thumbprint: string };
}

interface Unread {
  file: string;
  message: string;
}

/** @throws EnrollkitError of a file or folder that is given; findings are no error, but an exit status */
export const run: RunOf<typeof certLint> = async ({ args, flags }, context) => {
  const { output } = context;
  const files = await withPassphrase(flags, context, async (opening) => {
    const read: CertificateFile[] = [];
    for (const path of args.path) read.push(...(await readFileOrFolder(path, opening)));
    return read;
  });
  const at = flags.at ?? context.now();
  const chains = chainsOfFiles(files).map((chain) => ({
    ...chain,
    use: flags.use ?? usualUse(chain.certificates[0]!),
  }));
  const findings = findingsOf(chains, at);
  const { unreadable, locked } = unreadIn(files);
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const warnings = findings.length - errors;
  const judged = chains
    .map(({ path, use, certificates }) => ({
      file: path,
      use,
      subject: certificates[0]!.subject.text,
      certificates: certificates.map(sha256Thumbprint),
    }))
    .sort(byFile);
  const fails = errors > 0 || unreadable.length > 0 || (flags.strict === true && warnings > 0);
  if (output.json) output.value({ errors, warnings, findings, unreadable, locked, chains: judged });
  else {
    const counts = summary({ errors, warnings, chains: chains.length, fails }, output.dataStyle);
    output.data(
      findingsText(findings, unreadable, output.dataStyle) + output.withId('cert.lint.summary', counts),
    );
    for (const { file } of locked) {
      output.note('cert.lint.locked', sentences.cliCert.lint.locked(displayPath(file)));
    }
  }
  return fails ? exitStatus.rejected : exitStatus.ok;
};

/** A CA is part of many chains; each of its findings is listed once, at its first chain. */
function findingsOf(chains: readonly (FileChain & { use: Use })[], at: Date): FileFinding[] {
  const found = new Map<string, FileFinding>();
  for (const { path, certificates, use } of chains) {
    const subjects = new Map(certificates.map((one) => [sha256Thumbprint(one), one.subject.text]));
    for (const { certificate, ...finding } of lintChain(certificates, {
      at,
      use,
      registrationIdProblem: deviceOrModuleProblem,
    })) {
      const key = [finding.code, finding.message, certificate].join('\n');
      if (found.has(key)) continue;
      const concerned = { subject: subjects.get(certificate)!, sha256Thumbprint: certificate };
      found.set(key, { file: path, ...finding, certificate: concerned });
    }
  }
  return [...found.values()].sort(byFile);
}

function byFile(a: { file: string }, b: { file: string }): number {
  return a.file < b.file ? -1 : a.file > b.file ? 1 : 0;
}

/** An encrypted PKCS#12 file is usually a copy of the PEM files beside it, so it does not fail the command. */
function unreadIn(files: readonly CertificateFile[]): { unreadable: Unread[]; locked: Unread[] } {
  const unread = files.flatMap(({ path, problem, problemCode }) =>
    problem === undefined
      ? []
      : [{ file: path, message: problem, isLocked: problemCode === 'PASSPHRASE_REQUIRED' }],
  );
  const unreadFiles = (locked: boolean) =>
    unread
      .filter(({ isLocked }) => isLocked === locked)
      .map(({ file, message }): Unread => ({ file, message }));
  return { unreadable: unreadFiles(false), locked: unreadFiles(true) };
}

function findingsText(
  findings: readonly FileFinding[],
  unreadable: readonly Unread[],
  { bold, red, dim }: Styles,
): string {
  const lines = unreadable.map(
    ({ file, message }) => `${bold(displayPath(file))}\n  ${red(sentences.cliCert.unreadable)} ${message}\n`,
  );
  let last: string | undefined;
  for (const { file, severity, code, message, source, certificate } of findings) {
    if (file !== last) lines.push(`${last === undefined ? '' : '\n'}${bold(displayPath(file))}`);
    last = file;
    lines.push(
      `  ${severity === 'error' ? red(sentences.cliCert.lint.error) : sentences.cliCert.lint.warning}  ${code}: ${message}`,
      dim(`    ${source}; SHA-256 ${certificate.sha256Thumbprint}`),
    );
  }
  return lines.length === 0 ? '' : `${lines.join('\n')}\n\n`;
}

function summary(
  { errors, warnings, chains, fails }: { errors: number; warnings: number; chains: number; fails: boolean },
  { red, green }: Styles,
): string {
  const text = sentences.cliCert.lint.summary(errors, warnings, chains);
  return fails ? red(text) : green(text);
}
