/** Answers the wizard's questions from a script, without a terminal. */
import assert from 'node:assert/strict';
import {
  type Asker,
  type Choice,
  type Place,
  type Question,
  WentBack,
} from '../../src/cli/terminal/asker.js';

/** An answer of a script: the question before is to be asked again. */
export const back = Symbol('back');

/** Answers by the ID of the question; several are given one after the other. */
export type Script = Record<string, unknown>;

export interface Dialogue {
  asker: Asker;
  /** The IDs of the questions. */
  asked: string[];
  said: { id: string; text: string }[];
  /** Where each question stood, in the order of `asked`. */
  places: (Place | undefined)[];
  /** What a question last chose from, by its ID. */
  choices: Map<string, readonly Choice<unknown>[]>;
}

/** A question that the script does not know is answered with Enter. */
export function scriptedAsker(script: Script): Dialogue {
  const asked: string[] = [];
  const said: Dialogue['said'] = [];
  const places: Dialogue['places'] = [];
  const offered: Dialogue['choices'] = new Map();
  const left = new Map(
    Object.entries(script).map(([key, value]) => [key, Array.isArray(value) ? [...value] : [value]]),
  );
  const answer = <Value>({ id, help, place }: Question, standard: Value): Value => {
    asked.push(id);
    places.push(place);
    if (place) assert.match(help ?? '', /^.{40,}$/, `${id}: what ? shows`);
    const answers = left.get(id) ?? [];
    const value = answers.length === 0 ? standard : answers.shift();
    if (value !== back) return value as Value;
    assert.ok(place?.canGoBack, `${id}: nothing to go back to`);
    throw new WentBack();
  };
  const asker: Asker = {
    say: (id, text) => void said.push({ id, text }),
    waitFor: (work) => work(),
    async select(question) {
      const { id, choices } = question;
      offered.set(id, choices);
      const value = answer(question, question.default);
      assert.ok(
        choices.some((choice) => choice.value === value),
        `${id}: ${value} is no choice`,
      );
      for (const { why } of choices) assert.match(why, /^.{8,78}$/, `${id}: one line of explanation`);
      return value;
    },
    async confirm(question) {
      assert.match(question.why, /^.{8,}$/);
      return answer(question, question.default);
    },
    async text(question) {
      const { id, why, problem } = question;
      assert.match(why, /^.{8,}$/);
      const value = answer(question, question.default);
      assert.equal(problem(value), undefined, `${id}: ${value}`);
      return value;
    },
    async secret(question) {
      const { id, problem } = question;
      const value = answer(question, '');
      assert.equal(problem(value), undefined, id);
      return value;
    },
  };
  return { asker, asked, said, places, choices: offered };
}
