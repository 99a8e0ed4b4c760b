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
import { EnrollkitError } from '../errors.js';
import type { Asker } from './asker.js';
import type { Output } from './output.js';
import { wrap } from './output.js';

interface CheckedTextConfig {
  message: string;
  default: string;
  problem: (value: string) => string | undefined;
}

/** A line of text that is checked at every key: what is wrong stands beneath while it is typed. */
const checkedText = createPrompt<string, CheckedTextConfig>((config, done) => {
  const theme = makeTheme();
  const [status, setStatus] = useState<'idle' | 'done'>('idle');
  const [value, setValue] = useState('');
  const [tried, setTried] = useState(false);
  const prefix = usePrefix({ status, theme });
  const answer = value === '' ? config.default : value;
  useKeypress((key, readline) => {
    if (isEnterKey(key)) {
      if (config.problem(answer) === undefined) {
        setValue(answer);
        setStatus('done');
        done(answer);
        return;
      }
      // Enter has emptied readline's line.
      readline.write(value);
      setTried(true);
    } else if (isTabKey(key)) {
      readline.clearLine(0);
      readline.write(answer);
      setValue(answer);
    } else if (!isBackspaceKey(key) || value !== '') setValue(readline.line);
  });
  const message = theme.style.message(config.message, status);
  if (status === 'done') return `${prefix} ${message} ${theme.style.answer(value)}`;
  const standard = value === '' && config.default !== '' ? ` ${theme.style.defaultAnswer(config.default)}` : '';
  const problem = value !== '' || tried ? config.problem(answer) : undefined;
  return [`${prefix} ${message}${standard} ${value}`, problem ? theme.style.error(problem) : ''];
});

/**
 * Puts questions at the terminal. To be used only where there is one: on a closed input, inquirer ends the process
 * with status 0.
 */
export function terminalAsker(output: Output, signal: AbortSignal): Asker {
  const ask = inquirer.createPromptModule({ input: process.stdin, output: output.stderr, signal });
  ask.registerPrompt('checked-text', checkedText as never);

  const put = async <Value>(question: Record<string, unknown>): Promise<Value> => {
    try {
      const answers = (await ask([{ name: 'answer', ...question }] as never)) as { answer: Value };
      return answers.answer;
    } catch (error) {
      const { name } = error as Error;
      if (name !== 'ExitPromptError' && name !== 'AbortPromptError') throw error;
      throw new EnrollkitError('INTERRUPTED', 'Interrupted before anything was made.', {
        next: 'Run the same command again when you are ready.',
        cause: error,
      });
    }
  };
  const explain = (why: string) => output.say(output.style.dim(wrap(why, output.width, '  ')));

  return {
    say: (text) => output.say(text),
    select: ({ message, choices, default: standard }) =>
      put({
        type: 'select',
        message,
        default: standard,
        choices: choices.map(({ value, name, why }) => ({ value, name, short: name, description: why })),
      }),
    confirm({ message, why, default: standard }) {
      explain(why);
      return put({ type: 'confirm', message, default: standard });
    },
    text({ message, why, default: standard, problem }) {
      explain(why);
      return put({ type: 'checked-text', message, default: standard, problem });
    },
    secret({ message, why, problem }) {
      explain(why);
      return put({
        type: 'password',
        message,
        mask: true,
        validate: (value: string) => problem?.(value) ?? true,
      });
    },
  };
}
