/** Runs a command of `certgen`, and lists the files. */
import { join } from 'node:path';
import { authorityExists, createAuthority, existingAuthority } from '../../certgen/create-authority.js';
import { createCertificate } from '../../certgen/create-certificate.js';
import { isInterrupted } from '../../certgen/folder.js';
import { assertPassphrase, type CertgenResult } from '../../certgen/request.js';
import { type CertificateCommand, edgeScript, type Script, sdkScript } from '../../certgen/scripts.js';
import { registrationIdProblem } from '../../dps/contract/ids.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { inspectCertificate } from '../../pki/x509/inspect.js';
import { newPassphrase } from '../input/new-passphrase.js';
import { askPassphrase, givenPassphrase } from '../input/passphrase.js';
import type { Context, FlagsOf, RunOf } from '../kernel/command.js';
import type { certgen } from './certgen.js';
import { printDeviceEnvironment } from './certgen-environment.js';
import { type GivenRoot, readRoot } from './certgen-root.js';

export const run: RunOf<typeof certgen> = async ({ args: { command, name: names }, flags }, context) => {
  const script = flags.edge ? edgeScript : sdkScript;
  const folder = flags.dir ?? '.';
  if (command === 'env') {
    return printDeviceEnvironment(
      script,
      folder,
      only(names, (given) => sentences.cliCertgen.requiresDeviceId(command, given)),
      flags,
      context,
    );
  }
  if (command === 'create_root_and_intermediate') {
    if (names.length > 0) throw usage(sentences.cliCertgen.takesNoName(command));
    return makeAuthority({ script, folder }, flags, context);
  }
  if (flags.edge && (command === 'install_root_ca_from_files' || command === 'install_root_ca_from_cli')) {
    const root = await readRoot(command, names, flags, context);
    return makeAuthority({ script, folder, root }, flags, context);
  }
  const issuing = Object.hasOwn(script.commands, command) ? script.commands[command] : undefined;
  if (!issuing) {
    const inOther = Object.hasOwn((flags.edge ? sdkScript : edgeScript).commands, command);
    const installs = command.startsWith('install_root_ca_from_');
    if (inOther || installs)
      throw usage(
        flags.edge ? sentences.cliCertgen.notWithEdge(command) : sentences.cliCertgen.needsEdge(command),
      );
    throw usage(sentences.cliCertgen.unknownCommand(command));
  }
  const name = only(names, (given) => sentences.cliCertgen.requiresName(command, given));
  return makeCertificate({ script, folder, command: issuing, name }, flags, context);
};

function only(names: readonly string[], problem: (given: number) => string): string {
  if (names.length === 1) return names[0]!;
  throw usage(problem(names.length));
}

function usage(message: string): EnrollkitError {
  return new EnrollkitError('USAGE', message, { next: sentences.cliCertgen.seeHelp });
}

async function makeAuthority(
  { script, folder, root }: { script: Script; folder: string; root?: GivenRoot },
  flags: FlagsOf<typeof certgen>,
  context: Context,
): Promise<void> {
  const replace = await mayReplace(folder, flags, context);
  const passphrase = await newPassphrase(flags, context, sentences.cliCertgen.encrypted);
  if (!root) context.output.note('certgen.making-keys', sentences.cliCertgen.creatingKeys);
  const result = await createAuthority({
    script,
    folder,
    passphrase,
    at: context.now(),
    replace,
    signal: context.signal,
    ...(root ? { root } : {}),
    ...validity(script, context.env),
  });
  tell(result, folder, context);
}

async function makeCertificate(
  asked: { script: Script; folder: string; command: CertificateCommand; name: string },
  flags: FlagsOf<typeof certgen>,
  context: Context,
): Promise<void> {
  const { script, command, name } = asked;
  const passphrase = givenPassphrase(flags, context.env) ?? (await asking(context));
  assertPassphrase(passphrase);
  const isDevice = command.profile.endsWith('/device') && !command.prefix.endsWith('verification-code');
  const problem = isDevice ? registrationIdProblem(name) : undefined;
  const result = await createCertificate({
    ...asked,
    passphrase,
    at: context.now(),
    signal: context.signal,
    ...validity(script, context.env),
  });
  tell(result, asked.folder, context);
  if (problem)
    context.output.note('certgen.not-a-registration-id', sentences.cliCertgen.notARegistrationId(problem));
}

function asking(context: Context): Promise<string> {
  if (context.interactive) return askPassphrase(context);
  throw new EnrollkitError('PASSPHRASE_REQUIRED', sentences.cliCertgen.passphraseRequired);
}

/** Whether an existing CA may be moved aside: with --force, or if the person agrees. */
async function mayReplace(
  folder: string,
  flags: FlagsOf<typeof certgen>,
  context: Context,
): Promise<boolean> {
  if (flags.force) return true;
  // What is there may be what this very command was putting in its place when it was killed.
  if (isInterrupted(folder)) return false;
  const former = existingAuthority(folder);
  if (former.length === 0) return false;
  if (!context.interactive) throw authorityExists(folder, former);
  const { terminalAsker } = await import('../terminal/prompts.js');
  const yes = await terminalAsker(context.output, context.signal).confirm({
    id: 'certgen.replace-ca',
    message: sentences.cliCertgen.replace(folder, former),
    why: sentences.cliCertgen.replaceWhy,
    default: false,
  });
  if (!yes) throw authorityExists(folder, former);
  return true;
}

/** The script of IoT Edge reads the days from the environment; that of the SDK does not. */
function validity(script: Script, env: NodeJS.ProcessEnv): { validityDays?: number } {
  const days = env.DEFAULT_VALIDITY_DAYS;
  if (script !== edgeScript || days === undefined || days === '') return {};
  const valid = /^\d+$/.test(days) && Number(days) >= 1 && Number(days) <= 36_500;
  if (valid) return { validityDays: Number(days) };
  throw new EnrollkitError('USAGE', sentences.cliCertgen.notDays(days));
}

function tell({ written, moved, certificates }: CertgenResult, folder: string, { output }: Context): void {
  const described = certificates.map((certificate) => inspectCertificate(certificate));
  if (output.json) {
    output.value({ folder, written, moved, certificates: described });
    return;
  }
  const shown = written.filter((path) => !path.endsWith('.old') && !/^(newcerts|index|serial)/.test(path));
  output.data(shown.map((path) => join(folder, path)).join('\n'));
  for (const { from, to } of moved)
    output.note('certgen.moved-aside', sentences.cliCertgen.moved(join(folder, from), join(folder, to)));
  for (const { subject, notAfter, sha1Thumbprint } of described) {
    output.note('certgen.made', sentences.cliCertgen.created(subject, notAfter, sha1Thumbprint));
  }
  output.note('certgen.for-tests', sentences.cliCertgen.forTests);
}
