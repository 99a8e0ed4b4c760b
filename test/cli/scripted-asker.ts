/** Answers the wizard's questions from a script, without a terminal. */
import assert from 'node:assert/strict';
import type { Asker } from '../../src/cli/terminal/asker.js';

/** By the beginning of a question's message; several answers are given one after the other. */
export type Script = Record<string, unknown>;

export interface Dialogue {
  asker: Asker;
  asked: string[];
  said: string[];
  /** Those of the questions that were asked. */
  ids: string[];
}

/** A question that the script does not know is answered with Enter. */
export function scriptedAsker(script: Script): Dialogue {
  const asked: string[] = [];
  const said: string[] = [];
  const ids: string[] = [];
  const left = new Map(
    Object.entries(script).map(([key, value]) => [key, Array.isArray(value) ? [...value] : [value]]),
  );
  const answer = <Value>(id: string | undefined, message: string, standard: Value): Value => {
    asked.push(message);
    ids.push(id ?? '');
    const key = [...left.keys()].find((start) => message.startsWith(start));
    const answers = key === undefined ? [] : left.get(key)!;
    return answers.length === 0 ? standard : (answers.shift() as Value);
  };
  const asker: Asker = {
    say: (text) => void said.push(text),
    async select({ id, message, choices, default: standard }) {
      const value = answer(id, message, standard);
      assert.ok(
        choices.some((choice) => choice.value === value),
        `${message}: ${value} is no choice`,
      );
      for (const { why } of choices) assert.match(why, /^.{8,78}$/, `${message}: one line of explanation`);
      return value;
    },
    async confirm({ id, message, why, default: standard }) {
      assert.match(why, /^.{8,}$/);
      return answer(id, message, standard);
    },
    async text({ id, message, why, default: standard, problem }) {
      assert.match(why, /^.{8,}$/);
      const value = answer(id, message, standard);
      assert.equal(problem(value), undefined, `${message} ${value}`);
      return value;
    },
    async secret({ id, message, problem }) {
      const value = answer(id, message, '');
      assert.equal(problem(value), undefined, message);
      return value;
    },
  };
  return { asker, asked, said, ids };
}
