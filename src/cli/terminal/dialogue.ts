/**
 * Questions that depend on earlier answers, as a function that asks one after the other. To go back, the function runs
 * again: questions that keep their answers are answered at once, and the one to change is asked.
 */
import { isDeepStrictEqual } from 'node:util';
import { sentences } from '../../languages/language.js';
import {
  type Asker,
  type ConfirmQuestion,
  type Place,
  type Question,
  type SecretQuestion,
  type SelectQuestion,
  type TextQuestion,
  WentBack,
} from './asker.js';

/** What a script of questions asks with; the place among the others is added. */
export interface Interview extends Omit<Asker, 'waitFor'> {
  /**
   * Something that takes time to find out, such as a list from Azure: looked up once.
   *
   * @param guess what to count the remaining questions with until then
   * @param saying a message before it is looked up
   */
  find<Value>(
    key: string,
    look: () => Promise<Value>,
    guess: Value,
    saying?: { id: string; text: string },
  ): Promise<Value>;
  /** The questions answered so far, in their order. */
  answered(): AnsweredQuestion[];
  /**
   * Asks a question again; the other answers are kept where they still apply.
   *
   * @param over the questions that have led here: nothing is left of their answers
   */
  askAgain(id: string, ...over: string[]): never;
  /** Looks something up again. @param over as in {@link askAgain} */
  lookAgain(key: string, ...over: string[]): never;
}

export interface AnsweredQuestion {
  id: string;
  message: string;
  /** The answer as it was shown; undefined for a secret. */
  answer: string | undefined;
}

/** A script may be run any number of times, so it must have no side effects. */
export type Script<Result> = (ask: Interview) => Promise<Result>;

interface Given {
  value: unknown;
  /** What Enter would have given. */
  offered: unknown;
}

type Kind = 'select' | 'confirm' | 'text' | 'secret';

/** A question with what the dialogue needs to know of it. */
interface Asking<Value> {
  kind: Kind;
  question: Question;
  default: Value;
  /** Whether an answer is still valid. */
  accepts: (value: Value) => boolean;
  shown: (value: Value) => string | undefined;
  ask: (question: { default: Value; place: Place }) => Promise<Value>;
}

class AskedAgain extends Error {
  readonly what: { id?: string; key?: string; over: readonly string[] };

  constructor(what: AskedAgain['what']) {
    super('asked again');
    this.what = what;
  }
}

/** A dialogue keeps its answers, so that it can be held again after something went wrong. */
export class Dialogue {
  readonly #asker: Asker;
  /** Answers that are not asked for again. */
  readonly #answers = new Map<string, Given>();
  /** Every answer that was ever given: what Enter gives if it is asked for again. */
  readonly #earlier = new Map<string, Given>();
  readonly #found = new Map<string, unknown>();
  readonly #lastTotal = { value: 0 };

  constructor(asker: Asker) {
    this.#asker = asker;
  }

  /** Asks whatever has no answer yet. @throws what the asker and the script throw */
  async hold<Result>(script: Script<Result>): Promise<Result> {
    for (;;) {
      const pass = new Pass(script, this.#asker, {
        answers: this.#answers,
        earlier: this.#earlier,
        found: this.#found,
        lastTotal: this.#lastTotal,
      });
      try {
        return await script(pass.interview);
      } catch (error) {
        if (error instanceof WentBack) this.forget(pass.previous);
        else if (error instanceof AskedAgain) {
          const { id, key, over } = error.what;
          this.forget(id, ...over);
          for (const one of over) this.#earlier.delete(one);
          if (key !== undefined) this.#found.delete(key);
        } else throw error;
      }
    }
  }

  /** Lets questions be asked again; their answers become what Enter gives. */
  forget(...ids: (string | undefined)[]): void {
    for (const id of ids) if (id !== undefined) this.#answers.delete(id);
  }

  /** Answers a question as if it had been asked, until it is over. */
  answer(id: string, value: unknown): void {
    this.#answers.set(id, { value, offered: undefined });
  }
}

interface Memory {
  answers: Map<string, Given>;
  earlier: Map<string, Given>;
  found: Map<string, unknown>;
  /** How many questions there were, when it could last be said. */
  lastTotal: { value: number };
}

/** One run of a script. */
class Pass {
  readonly #script: Script<unknown>;
  readonly #asker: Asker;
  readonly #memory: Memory;
  readonly #asked: AnsweredQuestion[] = [];
  /** What was said since the last question; shown before the next one that is asked. */
  #said: [id: string, text: string][] = [];
  readonly #isCounting: boolean;

  constructor(script: Script<unknown>, asker: Asker, memory: Memory, isCounting = false) {
    this.#script = script;
    this.#asker = asker;
    this.#memory = memory;
    this.#isCounting = isCounting;
  }

  /** The ID of the question before the last one. */
  get previous(): string | undefined {
    return this.#asked.at(-2)?.id;
  }

  get interview(): Interview {
    return {
      say: (id, text) => void this.#said.push([id, text]),
      answered: () => [...this.#asked],
      askAgain: (id, ...over) => {
        this.#flush();
        throw new AskedAgain({ id, over });
      },
      lookAgain: (key, ...over) => {
        this.#flush();
        throw new AskedAgain({ key, over });
      },
      find: async (key, look, guess, saying) => {
        const { found } = this.#memory;
        if (found.has(key)) return found.get(key) as typeof guess;
        if (this.#isCounting) return guess;
        if (saying) this.#said.push([saying.id, saying.text]);
        this.#flush();
        const value = await this.#asker.waitFor(look);
        found.set(key, value);
        return value;
      },
      select: <const Value>(question: SelectQuestion<Value>) =>
        this.#answer<Value>({
          kind: 'select',
          question,
          default: question.default,
          accepts: (value) => question.choices.some((choice) => isDeepStrictEqual(choice.value, value)),
          shown: (value) => question.choices.find((choice) => isDeepStrictEqual(choice.value, value))?.name,
          ask: (given) => this.#asker.select({ ...question, ...given }),
        }),
      confirm: (question: ConfirmQuestion) =>
        this.#answer<boolean>({
          kind: 'confirm',
          question,
          default: question.default,
          accepts: () => true,
          shown: (value) => (value ? sentences.cliTerminal.yes : sentences.cliTerminal.no),
          ask: (given) => this.#asker.confirm({ ...question, ...given }),
        }),
      text: (question: TextQuestion) =>
        this.#answer<string>({
          kind: 'text',
          question,
          default: question.default,
          accepts: (value) => question.problem(value) === undefined,
          shown: (value) => value,
          ask: (given) => this.#asker.text({ ...question, ...given }),
        }),
      secret: (question: SecretQuestion) =>
        this.#answer<string>({
          kind: 'secret',
          question,
          default: '',
          accepts: (value) => question.problem(value) === undefined,
          shown: () => undefined,
          ask: ({ place }) => this.#asker.secret({ ...question, place }),
        }),
    };
  }

  async #answer<Value>(asking: Asking<Value>): Promise<Value> {
    const { question } = asking;
    const { id, message } = question;
    const value = await this.#valueOf(asking);
    const place = this.#asked.findIndex((asked) => asked.id === id);
    if (place >= 0) this.#asked.splice(place, 1);
    this.#asked.push({ id, message, answer: asking.shown(value) });
    return value;
  }

  async #valueOf<Value>(asking: Asking<Value>): Promise<Value> {
    const { id, message } = asking.question;
    const { answers, earlier } = this.#memory;
    const offered = this.#offered(asking);
    const given = answers.get(id);
    if (given && this.#stillGiven(given, asking)) {
      this.#said = [];
      return isDeepStrictEqual(given.value, given.offered) ? asking.default : (given.value as Value);
    }
    if (this.#isCounting) return offered;
    this.#flush();
    // Known to `previous` while it is asked.
    this.#asked.push({ id, message, answer: undefined });
    const place = {
      number: this.#asked.length,
      total: await this.#total(),
      canGoBack: this.#asked.length > 1,
    };
    const value = await asking.ask({ default: offered, place });
    const kept = { value, offered: asking.default };
    answers.set(id, kept);
    earlier.set(id, kept);
    return value;
  }

  /** An answer that Enter gave is still given if Enter would now give something else: that is then the answer. */
  #stillGiven<Value>(
    { value, offered }: Given,
    { kind, accepts, default: standard }: Asking<Value>,
  ): boolean {
    if (kind === 'secret') return accepts(value as Value);
    return isDeepStrictEqual(value, offered) ? accepts(standard) : accepts(value as Value);
  }

  /** What Enter gives: an earlier answer, unless it only was the default of that time. */
  #offered<Value>({ question: { id }, default: standard, accepts }: Asking<Value>): Value {
    const before = this.#memory.earlier.get(id);
    if (before === undefined || isDeepStrictEqual(before.value, before.offered)) return standard;
    return accepts(before.value as Value) ? (before.value as Value) : standard;
  }

  #flush(): void {
    for (const [id, text] of this.#said) if (!this.#isCounting) this.#asker.say(id, text);
    this.#said = [];
  }

  /** How many questions the script asks if the rest is answered with Enter. */
  async #total(): Promise<number> {
    const counting = new Pass(this.#script, this.#asker, this.#memory, true);
    try {
      await counting.#script(counting.interview);
    } catch (error) {
      // A question that Enter does not answer ends the count; one that leads back to itself does not say what comes after it.
      if (error instanceof AskedAgain) return Math.max(this.#memory.lastTotal.value, this.#asked.length);
    }
    this.#memory.lastTotal.value = Math.max(counting.#asked.length, this.#asked.length);
    return this.#memory.lastTotal.value;
  }
}
