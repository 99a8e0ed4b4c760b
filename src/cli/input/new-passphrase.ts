/** The passphrase that a new key or file is encrypted with. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { Context } from '../kernel/command.js';
import type { passphraseFileFlag } from '../kernel/common-flags.js';
import type { FlagValues } from '../kernel/flags.js';
import type { Interview } from '../terminal/dialogue.js';
import { givenPassphrase } from './passphrase.js';

/** The minimum of openssl; for passphrases from files and the environment. */
const minLength = 4;
/** For passphrases that are typed, and for those from elsewhere without a warning. */
const minTypedLength = 8;

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
    if (given.length < minLength) {
      throw new EnrollkitError('USAGE', sentences.cliInput.passphraseTooShort(minLength));
    }
    noteShortPassphrase(given, context);
    return given;
  }
  if (!context.interactive) {
    throw new EnrollkitError('PASSPHRASE_REQUIRED', sentences.cliInput.noPassphraseFor(what));
  }
  const { terminalAsker } = await import('../terminal/prompts.js');
  const { Dialogue } = await import('../terminal/dialogue.js');
  const dialogue = new Dialogue(terminalAsker(context.output, context.signal, { env: context.env }));
  return dialogue.hold((ask) => askNewPassphrase(ask, sentences.cliInput.newPassphraseFor(what)));
}

/**
 * Asks for a passphrase, twice. Going back from the repetition asks for the first one again.
 *
 * @param message the question
 */
export async function askNewPassphrase(ask: Interview, message: string): Promise<string> {
  const passphrase = await ask.secret({
    id: 'passphrase.new',
    message,
    why: sentences.cliInput.passphraseWhy(minTypedLength),
    help: sentences.cliInput.passphraseHelp,
    problem: (value) =>
      value.length >= minTypedLength ? undefined : sentences.cliInput.typeAtLeast(minTypedLength),
  });
  await ask.secret({
    id: 'passphrase.repeat',
    message: sentences.cliInput.repeatPassphrase,
    why: sentences.cliInput.catchTypo,
    help: sentences.cliInput.repeatHelp,
    problem: (again) => (again === passphrase ? undefined : sentences.cliInput.passphraseMismatch),
  });
  return passphrase;
}

/** Warns of a passphrase that is easy to guess; it is used nonetheless, since scripts depend on it. */
export function noteShortPassphrase(passphrase: string, { output }: Pick<Context, 'output'>): void {
  if (passphrase.length >= minTypedLength) return;
  output.note('passphrase.short', sentences.cliInput.passphraseShort(minTypedLength));
}
