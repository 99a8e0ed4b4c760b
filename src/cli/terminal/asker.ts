/**
 * How questions are asked; tests answer them without a terminal. Each question has an ID, by which tests and scripts
 * know it: that of a plan field is its path, `enrollmentGroup.id`.
 */

import { sentences } from '../../languages/language.js';

/** Where a question stands among the questions of a dialogue. */
export interface Place {
  /** From 1. */
  number: number;
  /** How many questions there are, if the rest is answered with Enter. */
  total: number;
  /** Whether the question before can be asked again; the asker then throws {@link WentBack}. */
  canGoBack: boolean;
}

export interface Question {
  id: string;
  message: string;
  /** What `?` shows: what the question means, what to choose, when it matters. */
  help?: string;
  place?: Place;
}

export interface Choice<Value> {
  value: Value;
  name: string;
  /** What belongs to the name, and stays where both do not fit. */
  detail?: string | undefined;
  /** One line on what it means. */
  why: string;
}

export interface SelectQuestion<Value> extends Question {
  choices: readonly Choice<Value>[];
  default: Value;
}

/** With one line on what to answer. */
export interface ExplainedQuestion extends Question {
  why: string;
}

export interface ConfirmQuestion extends ExplainedQuestion {
  default: boolean;
}

export interface TextQuestion extends ExplainedQuestion {
  default: string;
  /** Called at every key; the answer is taken if there is no problem. */
  problem: (value: string) => string | undefined;
}

export interface SecretQuestion extends ExplainedQuestion {
  /** Called when Enter is pressed. A wrong answer is cleared, since nobody can see where to correct it. */
  problem: (value: string) => string | undefined;
}

/** Whether what was typed asks for help, also where an input method has full-width characters. */
export function asksForHelp(typed: string): boolean {
  return typed.trim().normalize('NFKC') === '?';
}

/** Yes or no, in English or in the language of the sentences; undefined for anything else. */
export function yesOrNo(typed: string): boolean | undefined {
  const word = typed.trim().normalize('NFKC').toLowerCase();
  const { yes, no } = sentences.cliTerminal;
  if (['y', 'ye', 'yes', yes.toLowerCase()].includes(word)) return true;
  return ['n', 'no', no.toLowerCase()].includes(word) ? false : undefined;
}

/** Thrown by a question, if the user wants to answer the question before it again. */
export class WentBack extends Error {}

export interface Asker {
  /** A message between questions. */
  say(id: string, text: string): void;
  select<const Value>(question: SelectQuestion<Value>): Promise<Value>;
  confirm(question: ConfirmQuestion): Promise<boolean>;
  text(question: TextQuestion): Promise<string>;
  /** Never shown. */
  secret(question: SecretQuestion): Promise<string>;
  /** Waits between questions. At a terminal with keys, what is typed is neither shown nor taken as an answer. */
  waitFor<Value>(work: () => Promise<Value>): Promise<Value>;
}
