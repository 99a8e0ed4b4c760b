/** Which language a command line asks for; without the sentences, which take time to load. */

/** The locales that each language is for, as BCP 47 tags in lower case, by its own tag. */
const locales = {
  en: /^en(-|$)/,
  // Not Traditional Chinese (zh-TW, zh-HK, zh-MO, zh-Hant).
  'zh-CN': /^zh(-hans(-.+)?|(-cmn)?(-hans)?-(cn|sg)|)$/,
} satisfies Record<string, RegExp>;

/** BCP 47. */
export type LanguageTag = keyof typeof locales;

export const languageTags = Object.keys(locales) as LanguageTag[];

/**
 * The language that a tag or a locale names: `zh-CN`, `zh_CN.UTF-8`, `zh-Hans`, `zh`.
 *
 * @returns undefined for a language that enrollkit does not have
 */
export function languageOf(name: string): LanguageTag | undefined {
  const locale = name
    .replace(/[.@].*$/, '')
    .replaceAll('_', '-')
    .toLowerCase();
  return languageTags.find((tag) => locales[tag].test(locale));
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
