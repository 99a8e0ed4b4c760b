/** Asks before something is deleted or changed. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { Context } from '../kernel/command.js';
import type { yesFlag } from '../kernel/common-flags.js';
import type { FlagValues } from '../kernel/flags.js';

/**
 * @param id of the question
 * @param what the question
 * @param words what the answer means, and what is said after a no; by default, those of a deletion
 * @throws EnrollkitError NEEDS_INPUT without a terminal and without `--yes`; INTERRUPTED if the answer is no
 */
export async function confirmed(
  id: string,
  what: string,
  flags: FlagValues<typeof yesFlag>,
  context: Context,
  { why, declined } = {
    why: sentences.cliTerminal.confirm.warning,
    declined: sentences.cliTerminal.confirm.declined,
  },
): Promise<void> {
  if (flags.yes) return;
  if (!context.interactive) {
    throw new EnrollkitError('NEEDS_INPUT', sentences.cliTerminal.confirm.noTerminal(what), {
      next: sentences.cliTerminal.confirm.addYes,
    });
  }
  const { terminalAsker } = await import('./prompts.js');
  const yes = await terminalAsker(context.output, context.signal).confirm({
    id,
    message: what,
    why,
    default: false,
  });
  if (!yes)
    throw new EnrollkitError('INTERRUPTED', declined, {
      next: sentences.cliTerminal.confirm.nothingToDo,
    });
}
