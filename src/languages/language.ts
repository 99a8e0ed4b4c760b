/** The languages, and the one that sentences are in. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { LanguageTag } from './choice.js';
import { en, type Sentences } from './en.js';

interface Language {
  /** Its own name for itself. */
  readonly name: string;
  load(): Promise<Sentences>;
}

/** All languages, by their tags. Each is one file in this folder. */
export const languages: Readonly<Record<LanguageTag, Language>> = {
  en: { name: 'English', load: async () => en },
  'zh-CN': { name: '简体中文', load: async () => (await import('./zh-CN.js')).zhCN },
};

/**
 * The sentences in the chosen language: English until {@link useLanguage} has resolved. What a module reads while it is
 * loaded stays in the language of that time, so a program chooses first and loads the rest afterwards.
 */
export const sentences: Sentences = Object.defineProperties(
  {},
  Object.fromEntries(
    (Object.keys(en) as (keyof Sentences)[]).map((section) => [
      section,
      { enumerable: true, get: () => present()[section] },
    ]),
  ),
) as Sentences;

let chosen: Sentences = en;
let current: LanguageTag = 'en';

/** Set where sentences are in another language than the chosen one. */
const local = new AsyncLocalStorage<Sentences>();
let isAnyLocal = false;

function present(): Sentences {
  return (isAnyLocal ? local.getStore() : undefined) ?? chosen;
}

/** Runs a function, and everything that it starts, with sentences in another language than the chosen one. */
export function inLanguage<Result>(words: Sentences, run: () => Result): Result {
  if (present() === words) return run();
  isAnyLocal = true;
  return local.run(words, run);
}

/**
 * Runs a function, and everything that it starts, with English sentences: for what a program reads, such as the answers of a
 * service.
 */
export function inEnglish<Result>(run: () => Result): Result {
  return inLanguage(en, run);
}

/** The language that {@link sentences} is in. */
export function currentLanguage(): LanguageTag {
  return current;
}

/** Changes the language of {@link sentences}, and loads it if it is not English. */
export async function useLanguage(tag: LanguageTag): Promise<void> {
  chosen = await languages[tag].load();
  current = tag;
}
