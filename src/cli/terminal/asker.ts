/** How questions are put. The wizard's questions know nothing of terminals; tests answer them without one. */

export interface Choice<Value> {
  value: Value;
  name: string;
  /** One line on what it means. */
  why: string;
}

export interface Asker {
  /** Something to read, between questions. */
  say(text: string): void;
  select<const Value>(question: {
    id?: string;
    message: string;
    choices: readonly Choice<Value>[];
    default: Value;
  }): Promise<Value>;
  confirm(question: { id?: string; message: string; why: string; default: boolean }): Promise<boolean>;
  /** `problem` is asked at every key; the answer is taken when it has none. */
  text(question: {
    id?: string;
    message: string;
    why: string;
    default: string;
    problem: (value: string) => string | undefined;
  }): Promise<string>;
  /** Never shown. */
  secret(question: {
    id?: string;
    message: string;
    why: string;
    problem: (value: string) => string | undefined;
  }): Promise<string>;
}
