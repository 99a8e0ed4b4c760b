#!/usr/bin/env node
import { readFileSync, writeSync } from 'node:fs';
import { chooseLanguage, languageOf } from './languages/choice.js';

const argv = process.argv.slice(2);
const language = chooseLanguage(argv, process.env, process.platform === 'win32' ? systemLocale : undefined);

if (!answeredAtOnce()) {
  const [{ sentences, useLanguage }, { exitStatus }] = await Promise.all([
    import('./languages/language.js'),
    import('./errors.js'),
  ]);
  // Declarations of commands read their sentences while they are loaded.
  await useLanguage(language);
  if (argv[0] === '__complete') {
    const { complete } = await import('./cli/completion/complete.js');
    process.stdout.write(await complete(argv.slice(1), process.env), () => process.exit(exitStatus.ok));
    await new Promise(() => {});
  }
  const { main } = await import('./cli/kernel/main.js').catch((error: NodeJS.ErrnoException) => {
    // Node.js opens many modules at once; where few files may be open, nothing of ours is there yet to report that.
    if (error.code !== 'EMFILE' && error.code !== 'ENFILE') throw error;
    const { labels } = sentences.cliKernel;
    const { reasons, raiseOpenFiles, reason, unreadable } = sentences.workspace;
    const message = unreadable(error.path ?? '', reason(reasons[error.code]));
    process.stderr.write(`${labels.error}${message}\n\n${labels.next}${raiseOpenFiles}\n`);
    process.exit(exitStatus.local);
  });
  await main(argv);
}

/**
 * Answers `--help` and `--version` alone without loading the rest, which would be most of their time.
 *
 * @returns false where the command line has to answer: nothing is written then
 */
function answeredAtOnce(): boolean {
  const [flag, ...more] = argv;
  const name = new Map([
    ['--help', 'help'],
    ['-h', 'help'],
    ['--version', 'version'],
  ]).get(flag ?? '');
  const { ENROLLKIT_LANG: chosen } = process.env;
  const isUnknown = chosen !== undefined && chosen !== '' && languageOf(chosen) === undefined;
  if (name === undefined || more.length > 0 || isUnknown) return false;
  try {
    // What the bundle's own command line answered when it was built.
    const answer = readFileSync(new URL(`answers/${name}.${language}.txt`, import.meta.url));
    // A pipe without room for all of it takes nothing: the answers are shorter than what it takes at once.
    return writeSync(1, answer) === answer.length;
  } catch {
    return false;
  }
}

function systemLocale(): string {
  return Intl.DateTimeFormat().resolvedOptions().locale;
}
