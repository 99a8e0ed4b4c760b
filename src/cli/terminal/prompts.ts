/** Questions at a terminal. The only file that imports inquirer; everything is drawn on standard error. */
import {
  createPrompt,
  isBackspaceKey,
  isEnterKey,
  isTabKey,
  makeTheme,
  useKeypress,
  usePrefix,
  useState,
} from '@inquirer/core';
import inquirer from 'inquirer';
import { EnrollkitError } from '../../errors.js';
import type { Output } from '../kernel/output.js';
import type { Asker } from './asker.js';

interface LineConfig {
  message: string;
  /** Shown below the line while typing, until there is a problem. */
  why: string;
  /** The answer that Enter gives. */
  standard: string;
  /** How the default is shown. */
  hint: string;
  problem: (value: string) => string | undefined;
  /** How the value is drawn while typing; of the same length. */
  typed: (value: string) => string;
  /** How the answer stays on the screen. */
  answered: (value: string) => string;
}

/** A line of text that is validated at every key, with the problem below it. */
const line = createPrompt<string, LineConfig>((config, done) => {
  const theme = makeTheme();
  const [status, setStatus] = useState<'idle' | 'done'>('idle');
  const [value, setValue] = useState('');
  const [tried, setTried] = useState(false);
  const prefix = usePrefix({ status, theme });
  const answer = value === '' ? config.standard : value;
  useKeypress((key, readline) => {
    if (isEnterKey(key)) {
      if (config.problem(answer) === undefined) {
        setStatus('done');
        done(answer);
        return;
      }
      // Enter has cleared readline's line.
      readline.write(value);
      setTried(true);
    } else if (isTabKey(key)) {
      readline.clearLine(0);
      readline.write(answer);
      setValue(answer);
    } else if (!isBackspaceKey(key) || value !== '') setValue(readline.line);
  });
  const message = theme.style.message(config.message, status);
  if (status === 'done') return `${prefix} ${message} ${theme.style.answer(config.answered(answer))}`;
  const hint = value === '' && config.hint !== '' ? ` ${theme.style.defaultAnswer(config.hint)}` : '';
  const problem = value !== '' || tried ? config.problem(answer) : undefined;
  const below = problem === undefined ? theme.style.help(config.why) : theme.style.error(problem);
  return [`${prefix} ${message}${hint} ${config.typed(value)}`, below];
});

/**
 * Asks questions at the terminal. Use it only if there is one: on a closed input, inquirer ends the process with
 * status 0.
 */
export function terminalAsker(output: Output, signal: AbortSignal): Asker {
  const ask = inquirer.createPromptModule({ input: process.stdin, output: output.stderr, signal });
  ask.registerPrompt('line', line as never);

  const put = async <Value>(question: Record<string, unknown>): Promise<Value> => {
    try {
      const answers = (await ask([{ name: 'answer', ...question }] as never)) as { answer: Value };
      return answers.answer;
    } catch (error) {
      const { name } = error as Error;
      if (name !== 'ExitPromptError' && name !== 'AbortPromptError') throw error;
      throw new EnrollkitError('INTERRUPTED', 'Interrupted. Nothing of this was made.', {
        next: 'Run the same command again when you are ready.',
        cause: error,
      });
    }
  };
  const { safe } = output;
  const putLine = (config: Partial<LineConfig> & Pick<LineConfig, 'message' | 'why' | 'problem'>) =>
    put<string>({
      type: 'line',
      standard: '',
      typed: safe,
      answered: safe,
      ...config,
      message: safe(config.message),
      why: safe(config.why),
      hint: safe(config.hint ?? ''),
      problem: (value: string) => {
        const problem = config.problem(value);
        return problem === undefined ? undefined : safe(problem);
      },
    });

  return {
    say: (id, text) => output.note(id, text),
    select: ({ id, message, choices, default: standard }) =>
      put({
        type: 'select',
        message: safe(output.withId(id, message)),
        default: standard,
        choices: choices.map(({ value, name, why }) => ({
          value,
          name: safe(name),
          short: safe(name),
          description: safe(why),
        })),
      }),
    async confirm({ id, message, why, default: standard }) {
      const yes = (value: string) => /^y/i.test(value);
      const answer = await putLine({
        message: output.withId(id, message),
        why,
        standard: standard ? 'yes' : 'no',
        hint: standard ? 'Y/n' : 'y/N',
        problem: (value) => (/^(y|ye|yes|n|no)$/i.test(value) ? undefined : 'Answer y or n.'),
        answered: (value) => (yes(value) ? 'Yes' : 'No'),
      });
      return yes(answer);
    },
    text: ({ id, message, why, default: standard, problem }) =>
      putLine({ message: output.withId(id, message), why, standard, hint: standard, problem }),
    secret: ({ id, message, why, problem }) =>
      putLine({
        message: output.withId(id, message),
        why,
        problem,
        typed: (value) => '*'.repeat(value.length),
        answered: () => '********',
      }),
  };
}
