/** Answers the wizard's questions from a script, without a terminal. */
import assert from 'node:assert/strict';
import type { Asker } from '../../src/cli/terminal/asker.js';

/** Answers by the ID of the question; several are given one after the other. */
export type Script = Record<string, unknown>;

export interface Dialogue {
  asker: Asker;
  /** The IDs of the questions. */
  asked: string[];
  said: { id: string; text: string }[];
}

/** A question that the script does not know is answered with Enter. */
export function scriptedAsker(script: Script): Dialogue {
  const asked: string[] = [];
  const said: Dialogue['said'] = [];
  const left = new Map(
    Object.entries(script).map(([key, value]) => [key, Array.isArray(value) ? [...value] : [value]]),
  );
  const answer = <Value>(id: string, standard: Value): Value => {
    asked.push(id);
    const answers = left.get(id) ?? [];
    return answers.length === 0 ? standard : (answers.shift() as Value);
  };
  const asker: Asker = {
    say: (id, text) => void said.push({ id, text }),
    async select({ id, choices, default: standard }) {
      const value = answer(id, standard);
      assert.ok(
        choices.some((choice) => choice.value === value),
        `${id}: ${value} is no choice`,
      );
      for (const { why } of choices) assert.match(why, /^.{8,78}$/, `${id}: one line of explanation`);
      return value;
    },
    async confirm({ id, why, default: standard }) {
      assert.match(why, /^.{8,}$/);
      return answer(id, standard);
    },
    async text({ id, why, default: standard, problem }) {
      assert.match(why, /^.{8,}$/);
      const value = answer(id, standard);
      assert.equal(problem(value), undefined, `${id}: ${value}`);
      return value;
    },
    async secret({ id, problem }) {
      const value = answer(id, '');
      assert.equal(problem(value), undefined, id);
      return value;
    },
  };
  return { asker, asked, said };
}
