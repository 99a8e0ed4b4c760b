/**
 * How questions are asked; tests answer them without a terminal. Each question has an ID, by which tests and scripts
 * know it: that of a plan field is its path, `enrollmentGroup.id`.
 */

export interface Choice<Value> {
  value: Value;
  name: string;
  /** One line on what it means. */
  why: string;
}

export interface Asker {
  /** A message between questions. */
  say(id: string, text: string): void;
  select<const Value>(question: {
    id: string;
    message: string;
    choices: readonly Choice<Value>[];
    default: Value;
  }): Promise<Value>;
  confirm(question: { id: string; message: string; why: string; default: boolean }): Promise<boolean>;
  /** `problem` is asked at every key; the answer is taken when it has none. */
  text(question: {
    id: string;
    message: string;
    why: string;
    default: string;
    problem: (value: string) => string | undefined;
  }): Promise<string>;
  /** Never shown. */
  secret(question: {
    id: string;
    message: string;
    why: string;
    problem: (value: string) => string | undefined;
  }): Promise<string>;
}
