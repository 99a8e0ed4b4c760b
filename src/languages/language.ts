/** The languages, and the one that sentences are in. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { en, type Sentences } from './en.js';

interface Language {
  /** Its own name for itself. */
  readonly name: string;
  /** The locales that it is for, as BCP 47 tags in lower case. */
  readonly locales: RegExp;
  load(): Promise<Sentences>;
}

/** All languages, by their tags (BCP 47). Each is one file in this folder. */
export const languages = {
  en: { name: 'English', locales: /^en(-|$)/, load: async () => en },
  'zh-CN': {
    name: '简体中文',
    // Not Traditional Chinese (zh-TW, zh-HK, zh-MO, zh-Hant).
    locales: /^zh(-hans(-.+)?|(-cmn)?(-hans)?-(cn|sg)|)$/,
    load: async () => (await import('./zh-CN.js')).zhCN,
  },
} satisfies Record<string, Language>;

export type LanguageTag = keyof typeof languages;

export const languageTags = Object.keys(languages) as LanguageTag[];

/**
 * The sentences in the chosen language: English until {@link useLanguage} has resolved. What a module reads while it is
 * loaded stays in the language of that time, so a program chooses first and loads the rest afterwards.
 */
export const sentences: Sentences = Object.defineProperties(
  {},
  Object.fromEntries(
    (Object.keys(en) as (keyof Sentences)[]).map((section) => [
      section,
      { enumerable: true, get: () => (isEnglish() ? en : chosen)[section] },
    ]),
  ),
) as Sentences;

let chosen: Sentences = en;
let current: LanguageTag = 'en';

/** Set where everything is English, whatever language was chosen. */
const english = new AsyncLocalStorage<true>();

function isEnglish(): boolean {
  return chosen !== en && english.getStore() === true;
}

/**
 * Runs a function, and everything that it starts, with English sentences: for what a program reads, such as the answers of a
 * service.
 */
export function inEnglish<Result>(run: () => Result): Result {
  return chosen === en ? run() : english.run(true, run);
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

/**
 * The language that a tag or a locale names: `zh-CN`, `zh_CN.UTF-8`, `zh-Hans`, `zh`.
 *
 * @returns undefined if there is none for it
 */
export function languageOf(name: string): LanguageTag | undefined {
  const locale = name
    .replace(/[.@].*$/, '')
    .replaceAll('_', '-')
    .toLowerCase();
  return languageTags.find((tag) => languages[tag].locales.test(locale));
}

/** What chooses the language in the environment, the first that is set: ours, then those of POSIX for messages. */
const variables = ['ENROLLKIT_LANG', 'LC_ALL', 'LC_MESSAGES', 'LANG'];

/**
 * The language for a command line: `--lang`, then ENROLLKIT_LANG, then the locale. English if that names none; the
 * command line reports a `--lang` and an ENROLLKIT_LANG that name none.
 *
 * @param systemLocale the locale where the environment does not name one, as on Windows
 */
export function chooseLanguage(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  systemLocale?: () => string,
): LanguageTag {
  const named =
    languageFlag(argv) ?? variables.map((name) => env[name]).find(Boolean) ?? systemLocale?.() ?? '';
  return languageOf(named) ?? 'en';
}

/** The value of the last `--lang`. */
function languageFlag(argv: readonly string[]): string | undefined {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  const last = words.findLastIndex((word) => word === '--lang' || word.startsWith('--lang='));
  if (last < 0) return undefined;
  return words[last] === '--lang' ? words[last + 1] : words[last]!.slice('--lang='.length);
}
