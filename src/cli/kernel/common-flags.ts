/** Flags of many commands. None has a default: a command must see that a flag was not given. */
import { EnrollkitError } from '../../errors.js';
import { type LanguageTag, languageOf, languageTags, sentences } from '../../languages/language.js';
import { parsedFlag, switchFlag, textFlag } from './flags.js';

/** The certificate folder when `--dir` is not given. */
export const defaultFolder = 'certs';

/** An empty name, as an unset variable of a shell gives, would be the current folder. */
export function folderName(text: string): string {
  if (text !== '') return text;
  throw new EnrollkitError('USAGE', '--dir is empty.', { next: 'Name a folder: --dir FOLDER.' });
}

export const dirFlag = {
  dir: parsedFlag({
    placeholder: 'FOLDER',
    parse: folderName,
    summary: `the certificate folder (default: ${defaultFolder})`,
  }),
};
const jsonFlag = { json: switchFlag({ summary: 'print one JSON object on standard output' }) };
export const verboseFlag = {
  verbose: switchFlag({ summary: 'tell every request on standard error, and the causes of errors' }),
};
export const colorFlag = { 'no-color': switchFlag({ summary: 'no colours; NO_COLOR does the same' }) };

/** Of every command; {@link chooseLanguage} has read it before. */
export const languageFlag = {
  lang: parsedFlag({
    placeholder: 'TAG',
    parse: (text) => knownLanguage(text, '--lang'),
    summary: sentences.cliKernel.langFlag(languageTags),
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

export const yesFlag = { yes: switchFlag({ summary: 'ask nothing' }) };
export const outputFlags = { ...jsonFlag, ...verboseFlag, ...colorFlag };

export const passphraseFileFlag = {
  'passphrase-file': textFlag({
    placeholder: 'FILE',
    summary: 'the passphrase of the private keys is the first line of this file',
  }),
};
