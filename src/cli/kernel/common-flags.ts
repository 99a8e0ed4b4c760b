/** Flags of many commands. None has a default: a command must see that a flag was not given. */
import { EnrollkitError } from '../../errors.js';
import { type LanguageTag, languageOf, languageTags } from '../../languages/choice.js';
import { sentences } from '../../languages/language.js';
import { parsedFlag, switchFlag, textFlag } from './flags.js';

/** The certificate folder when `--dir` is not given. */
export const defaultFolder = 'certs';

/** An empty name, as an unset variable of a shell gives, would be the current folder. */
export function folderName(text: string): string {
  if (text !== '') return text;
  const { emptyFolder, nameFolder } = sentences.cliKernel;
  throw new EnrollkitError('USAGE', emptyFolder, { next: nameFolder });
}

const { flags: flagSentences } = sentences.cliKernel;

export const dirFlag = {
  dir: parsedFlag({
    placeholder: 'FOLDER',
    parse: folderName,
    summary: flagSentences.dir(defaultFolder),
  }),
};
const jsonFlag = { json: switchFlag({ summary: flagSentences.json }) };
export const verboseFlag = {
  verbose: switchFlag({ summary: flagSentences.verbose }),
};
export const colorFlag = { 'no-color': switchFlag({ summary: flagSentences.noColor }) };

/** Of every command; {@link chooseLanguage} has read it before. */
export const languageFlag = {
  lang: parsedFlag({
    placeholder: 'TAG',
    completes: languageTags,
    parse: (text) => knownLanguage(text, '--lang'),
    summary: flagSentences.lang(languageTags),
  }),
};

/**
 * @param source what named the language: a flag or a variable
 * @throws EnrollkitError USAGE if there is no such language
 */
export function knownLanguage(name: string, source: string): LanguageTag {
  const tag = languageOf(name);
  if (tag !== undefined) return tag;
  const { unknownLanguage, knownLanguages } = sentences.cliKernel;
  throw new EnrollkitError('USAGE', unknownLanguage(source, name), { next: knownLanguages(languageTags) });
}

export const yesFlag = { yes: switchFlag({ summary: flagSentences.yes }) };
export const outputFlags = { ...jsonFlag, ...verboseFlag, ...colorFlag };

export const passphraseFileFlag = {
  'passphrase-file': textFlag({
    placeholder: 'FILE',
    summary: flagSentences.passphraseFile,
  }),
};
