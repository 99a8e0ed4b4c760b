/** The passphrase that a new key or file is encrypted with. */
import { EnrollkitError } from '../../errors.js';
import type { Context } from '../kernel/command.js';
import type { passphraseFileFlag } from '../kernel/common-flags.js';
import type { FlagValues } from '../kernel/flags.js';
import { givenPassphrase } from './passphrase.js';

/** The minimum of openssl. */
const minLength = 4;

/**
 * The passphrase from the file or the environment, or asked for, twice.
 *
 * @param what it is for, in the question
 * @throws EnrollkitError PASSPHRASE_REQUIRED, USAGE when it is too short
 */
export async function newPassphrase(
  flags: FlagValues<typeof passphraseFileFlag>,
  context: Context,
  what: string,
): Promise<string> {
  const given = givenPassphrase(flags, context.env);
  if (given !== undefined) {
    const problem = problemOf(given);
    if (problem) throw new EnrollkitError('USAGE', problem);
    return given;
  }
  if (!context.interactive) {
    throw new EnrollkitError('PASSPHRASE_REQUIRED', `No passphrase was given to encrypt ${what} with.`);
  }
  const { terminalAsker } = await import('../terminal/prompts.js');
  const asker = terminalAsker(context.output, context.signal);
  const passphrase = await asker.secret({
    id: 'passphrase.new',
    message: `New passphrase of ${what}:`,
    why: 'At least four characters. It is not shown, and kept nowhere.',
    problem: problemOf,
  });
  await asker.secret({
    id: 'passphrase.repeat',
    message: 'The same once more:',
    why: 'So that no slip locks you out.',
    problem: (again) => (again === passphrase ? undefined : 'This is not the same passphrase.'),
  });
  return passphrase;
}

function problemOf(passphrase: string): string | undefined {
  return passphrase.length >= minLength ? undefined : `A passphrase has at least ${minLength} characters.`;
}
