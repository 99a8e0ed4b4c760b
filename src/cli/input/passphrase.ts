/** The passphrase of the private keys: from a file, from the environment, or asked for. Never from an argument. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { Context } from '../kernel/command.js';
import type { passphraseFileFlag } from '../kernel/common-flags.js';
import type { FlagValues } from '../kernel/flags.js';
import { readInputFile } from './input-file.js';
import type { Opening } from './material.js';

/**
 * The passphrase that was given, by `--passphrase-file` or ENROLLKIT_PASSPHRASE; undefined without either.
 *
 * @throws EnrollkitError FILE_UNREADABLE, or USAGE when the file's first line is empty
 */
export function givenPassphrase(
  flags: FlagValues<typeof passphraseFileFlag>,
  env: NodeJS.ProcessEnv,
): string | undefined {
  const path = flags.passphraseFile;
  if (path === undefined) return env.ENROLLKIT_PASSPHRASE || undefined;
  const passphrase = readInputFile(path).split(/\r?\n/)[0];
  if (passphrase) return passphrase;
  throw new EnrollkitError('USAGE', sentences.cliInput.passphrase.emptyLine(path), {
    next: sentences.cliInput.passphrase.writeIt,
  });
}

/**
 * Runs work that may open an encrypted key, and asks for the passphrase if it is needed and was not given. Ctrl-C
 * ends it.
 */
export async function withPassphrase<Result>(
  flags: FlagValues<typeof passphraseFileFlag>,
  context: Context,
  use: (opening: Opening) => Promise<Result>,
): Promise<Result> {
  const { signal } = context;
  // A file that is read once more, with the passphrase, is noted once.
  const noted = new Set<string>();
  const note = (id: string, text: string) => {
    if (!noted.has(text)) context.output.note(id, text);
    noted.add(text);
  };
  try {
    return await use({ passphrase: givenPassphrase(flags, context.env), signal, note });
  } catch (error) {
    const missing = error instanceof EnrollkitError && error.code === 'PASSPHRASE_REQUIRED';
    if (!missing || !context.interactive) throw error;
    return use({ passphrase: await askPassphrase(context), signal, note });
  }
}

/** Asks at the terminal for the passphrase of existing keys. */
export async function askPassphrase({ output, signal }: Context): Promise<string> {
  const { terminalAsker } = await import('../terminal/prompts.js');
  return terminalAsker(output, signal).secret({
    id: 'passphrase',
    message: sentences.cliInput.passphrase.question,
    why: sentences.cliInput.passphrase.why,
    problem: (value) => (value === '' ? sentences.cliInput.passphrase.missing : undefined),
  });
}
