/**
 * Questions in plain lines: nothing is redrawn, lists have numbers, and the keys of other terminals are words. For
 * terminals that cannot move the cursor, for screen readers and braille displays.
 */

import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { Output } from '../kernel/output.js';
import {
  type Asker,
  asksForHelp,
  type Choice,
  type Question,
  type SelectQuestion,
  WentBack,
  yesOrNo,
} from './asker.js';
import { isCounted } from './prompts/frame.js';
import { fitted, labeled, wrap } from './text.js';

export interface PlainOptions {
  input: NodeJS.ReadableStream;
  /** Stops the job, as Ctrl-Z does. */
  suspend: () => Promise<void>;
}

/** More choices than this are shown page by page, and searched by their text. */
const longestPage = 20;

interface Reading<Value> {
  question: Question;
  /** What stands before the answer: what Enter gives. */
  hint: string;
  secret?: boolean;
  read: (line: string) => { value: Value } | { problem: string };
}

export function plainAsker(output: Output, signal: AbortSignal, options: PlainOptions): Asker {
  const say = (text: string) => output.line(wrap(text, output.width - 1));
  const introduce = ({ id, message, help, place }: Question, why: string | undefined) => {
    const counter = isCounted(place) ? sentences.cliTerminal.plainCounter(place.number, place.total) : '';
    output.line();
    say(output.withId(id, counter + message));
    if (why) say(why);
    const ways = [
      ...(help ? [sentences.cliTerminal.askForHelp] : []),
      ...(place?.canGoBack ? [sentences.cliTerminal.goBack] : []),
    ];
    if (ways.length > 0) say(sentences.cliTerminal.plainKeys(ways));
  };
  const answer = async <Value>({ question, hint, secret = false, read }: Reading<Value>): Promise<Value> => {
    for (;;) {
      const line = await readLine(output, signal, options, hint, secret);
      if (line.trim() === '<' && question.place?.canGoBack) throw new WentBack();
      if (question.help && asksForHelp(line)) {
        say(question.help);
        continue;
      }
      const result = read(line);
      if ('value' in result) return result.value;
      say(sentences.cliTerminal.notAccepted(result.problem));
    }
  };

  return {
    say: (id, text) => output.note(id, fitted(text, output.width - 1)),
    async select<const Value>(question: SelectQuestion<Value>): Promise<Value> {
      const { choices, default: standard } = question;
      introduce(question, undefined);
      const enter = choices.findIndex(({ value }) => value === standard);
      const list = (from: number) => {
        for (const [index, { name, detail, why }] of choices.entries()) {
          if (index < from || index >= from + longestPage) continue;
          say(
            `${index + 1}. ${detail === undefined ? sentences.cliTerminal.choice(name, why) : labeled(name, detail)}`,
          );
        }
      };
      list(0);
      let shown = longestPage;
      if (choices.length > longestPage) say(sentences.cliTerminal.typeMore(choices.length));
      return answer<Value>({
        question,
        hint: sentences.cliTerminal.numberPrompt(enter < 0 ? undefined : enter + 1),
        read(line) {
          const text = line.trim();
          if (text === '' && enter >= 0) return { value: choices[enter]!.value };
          const byNumber = /^\d+$/.test(text) ? choices[Number(text) - 1] : undefined;
          if (byNumber) return { value: byNumber.value };
          if (text === '+' && shown < choices.length) {
            list(shown);
            shown += longestPage;
            return { problem: sentences.cliTerminal.typeNumber };
          }
          const found = text === '' ? [] : containing(choices, text);
          if (found.length > 1)
            for (const { index, name } of found.slice(0, longestPage)) say(`${index + 1}. ${name}`);
          if (found.length === 1) return { value: choices[found[0]!.index]!.value };
          return { problem: sentences.cliTerminal.typeNumberTo(choices.length) };
        },
      });
    },
    async confirm(question) {
      introduce(question, question.why);
      return answer<boolean>({
        question,
        hint: question.default ? sentences.cliTerminal.yesOrNoYes : sentences.cliTerminal.yesOrNoNo,
        read(line) {
          const text = line.trim();
          if (text === '') return { value: question.default };
          const value = yesOrNo(text);
          return value === undefined ? { problem: sentences.cliTerminal.answerYesOrNo } : { value };
        },
      });
    },
    async text(question) {
      introduce(question, question.why);
      return answer<string>({
        question,
        hint: sentences.cliTerminal.answerPrompt(question.default === '' ? undefined : question.default),
        read(line) {
          const value = line === '' ? question.default : line;
          const problem = question.problem(value);
          return problem === undefined ? { value } : { problem };
        },
      });
    },
    async secret(question) {
      introduce(question, question.why);
      return answer<string>({
        question,
        hint: sentences.cliTerminal.answerSecret,
        secret: true,
        read(line) {
          const problem = question.problem(line);
          return problem === undefined ? { value: line } : { problem };
        },
      });
    },
    waitFor: (work) => work(),
  };
}

function containing(choices: readonly Choice<unknown>[], text: string): { index: number; name: string }[] {
  return choices.flatMap(({ name }, index) =>
    name.toLowerCase().includes(text.toLowerCase()) ? [{ index, name }] : [],
  );
}

/** @throws EnrollkitError INTERRUPTED when the input ends, or at Ctrl-C */
async function readLine(
  output: Output,
  signal: AbortSignal,
  { input, suspend }: PlainOptions,
  hint: string,
  secret: boolean,
): Promise<string> {
  for (;;) {
    // The terminal itself shows what is typed, except for secrets.
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
    const lines = secret
      ? createInterface({ input, output: silent, terminal: true })
      : createInterface({ input, terminal: false });
    output.stderr.write(output.safe(hint));
    const line = await nextLine(lines, signal);
    if (secret) output.line();
    if (line !== 'suspended') return line.text;
    await suspend();
  }
}

function nextLine(lines: Interface, signal: AbortSignal): Promise<{ text: string } | 'suspended'> {
  return new Promise((resolve, reject) => {
    const interrupted = () => {
      end();
      reject(
        new EnrollkitError('INTERRUPTED', sentences.cliTerminal.cancelled, {
          next: sentences.cliTerminal.rerun,
        }),
      );
    };
    const answered = (text: string) => {
      end();
      resolve({ text });
    };
    const suspended = () => {
      end();
      resolve('suspended');
    };
    const listeners = { line: answered, SIGINT: interrupted, close: interrupted, SIGTSTP: suspended };
    const end = () => {
      signal.removeEventListener('abort', interrupted);
      // Not those of readline itself, which takes its listeners from the input when it closes.
      for (const [event, listener] of Object.entries(listeners)) lines.off(event, listener);
      lines.close();
    };
    if (signal.aborted) return interrupted();
    signal.addEventListener('abort', interrupted);
    for (const [event, listener] of Object.entries(listeners)) lines.on(event, listener);
  });
}
