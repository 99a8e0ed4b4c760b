/** Questions at a terminal, drawn on standard error. Only this file and prompts/ import inquirer. */

import inquirer from 'inquirer';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { Output } from '../kernel/output.js';
import { type Asker, type Question, WentBack, yesOrNo } from './asker.js';
import { plainAsker } from './plain-asker.js';
import { type FrameConfig, type Outcome, roomOf } from './prompts/frame.js';
import { interruptJob, suspendJob, waitBrieflyAfterEscape, withoutKeys } from './prompts/keys.js';
import { type LineConfig, line } from './prompts/line.js';
import { type ListConfig, list } from './prompts/list.js';
import { symbolsFor } from './symbols.js';
import { fitted } from './text.js';

export interface TerminalOptions {
  /** Standard input unless given. */
  input?: NodeJS.ReadableStream;
  env?: NodeJS.ProcessEnv;
  /** Stops the job, as Ctrl-Z does; returns when it is continued. */
  suspend?: () => Promise<void>;
  /** Interrupts the job, as Ctrl-C does. */
  interrupt?: () => void;
}

/** Cursor up, erase in line: ECMA-48. */
const eraseLineAbove = '\u001b[1A\u001b[2K';

/**
 * Asks questions at the terminal: with a list and keys, or in plain lines on terminals that cannot move the cursor and
 * for screen readers (ENROLLKIT_PLAIN=1). Use it only if there is a terminal.
 */
export function terminalAsker(output: Output, signal: AbortSignal, options: TerminalOptions = {}): Asker {
  const {
    input = process.stdin,
    env = process.env,
    suspend = suspendJob,
    interrupt = interruptJob,
  } = options;
  if (output.plain) return plainAsker(output, signal, { input, suspend });
  waitBrieflyAfterEscape(input);
  const prompt = inquirer.createPromptModule({ input, output: output.stderr, signal });
  prompt.registerPrompt('line', line as never);
  prompt.registerPrompt('list', list as never);
  const symbols = symbolsFor(env);

  /** How many answered questions are right above the cursor, each on one line, in a terminal of this width. */
  const above = { lines: 0, width: output.width };
  const wentBack = () => {
    // The question is left as an empty line. Lines that the terminal has wrapped cannot be erased reliably.
    const answered = above.lines > 0 && above.width === output.width ? 1 : 0;
    above.lines -= answered;
    output.stderr.write(eraseLineAbove.repeat(1 + answered));
    return new WentBack();
  };

  const put = async <Value>(type: 'line' | 'list', config: LineConfig | ListConfig): Promise<Value> => {
    let { typed } = config;
    for (;;) {
      const outcome = await outcomeOf<Value>({ ...config, typed, type });
      if (outcome.kind === 'answer') {
        if (above.width !== output.width) Object.assign(above, { lines: 0, width: output.width });
        above.lines += 1;
        return outcome.value;
      }
      if (outcome.kind === 'back') throw wentBack();
      above.lines = 0;
      if (outcome.kind === 'closed') throw interrupted();
      typed = outcome.typed;
      if (outcome.suspend) await suspend();
    }
  };
  const outcomeOf = async <Value>(question: Record<string, unknown>): Promise<Outcome<Value>> => {
    try {
      const answers = (await prompt([{ name: 'outcome', ...question }] as never)) as {
        outcome: Outcome<Value>;
      };
      return answers.outcome;
    } catch (error) {
      const { name } = error as Error;
      if (name !== 'ExitPromptError' && name !== 'AbortPromptError') throw error;
      throw interrupted(error);
    }
  };
  const frame = ({ id, message, help, place }: Question): FrameConfig => ({
    message: output.withId(id, message),
    place,
    help,
    output,
    symbols,
  });
  const { safe } = output;

  return {
    say(id, text) {
      above.lines = 0;
      output.note(id, fitted(text, roomOf(output)));
    },
    select: (question) => {
      const standard = question.choices.findIndex(({ value }) => value === question.default);
      const config = {
        ...frame(question),
        choices: question.choices,
        standard: Math.max(0, standard),
        typed: '',
      };
      return put('list', config);
    },
    async confirm({ default: standard, ...question }) {
      const answer = await put<string>('line', {
        ...frame(question),
        why: question.why,
        standard: standard ? 'yes' : 'no',
        hint: standard ? 'Y/n' : 'y/N',
        typed: '',
        secret: false,
        problem: (value) => (yesOrNo(value) === undefined ? sentences.cliTerminal.answerYOrN : undefined),
        answered: (value) => (yesOrNo(value) ? sentences.cliTerminal.yes : sentences.cliTerminal.no),
      });
      return yesOrNo(answer) === true;
    },
    text: ({ default: standard, problem, ...question }) =>
      put('line', {
        ...frame(question),
        why: question.why,
        standard,
        hint: standard,
        typed: '',
        secret: false,
        problem,
        answered: safe,
      }),
    secret: ({ problem, ...question }) =>
      put('line', {
        ...frame(question),
        why: question.why,
        standard: '',
        hint: '',
        typed: '',
        secret: true,
        problem,
        answered: () => '********',
      }),
    waitFor: (work) => withoutKeys(input, { suspend, interrupt }, work),
  };
}

function interrupted(cause?: unknown): EnrollkitError {
  return new EnrollkitError('INTERRUPTED', sentences.cliTerminal.cancelled, {
    next: sentences.cliTerminal.rerun,
    cause,
  });
}
