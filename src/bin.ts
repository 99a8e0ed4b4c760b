#!/usr/bin/env node
import { exitStatus } from './errors.js';
import { chooseLanguage, sentences, useLanguage } from './languages/language.js';

const argv = process.argv.slice(2);
// Declarations of commands read their sentences while they are loaded.
await useLanguage(chooseLanguage(argv, process.env, process.platform === 'win32' ? systemLocale : undefined));
if (argv[0] === '__complete') {
  const { complete } = await import('./cli/completion/complete.js');
  process.stdout.write(await complete(argv.slice(1), process.env), () => process.exit(exitStatus.ok));
  await new Promise(() => {});
}
const { main } = await import('./cli/kernel/main.js').catch(cannotLoad);
await main(argv);

function systemLocale(): string {
  return Intl.DateTimeFormat().resolvedOptions().locale;
}

/** Node.js opens many modules at once; where few files may be open, nothing of ours is there yet to report that. */
function cannotLoad(error: NodeJS.ErrnoException): never {
  if (error.code !== 'EMFILE' && error.code !== 'ENFILE') throw error;
  const { labels } = sentences.cliKernel;
  const { reasons, raiseOpenFiles, reason, unreadable } = sentences.workspace;
  const message = unreadable(error.path ?? '', reason(reasons[error.code]));
  process.stderr.write(`${labels.error}${message}\n\n${labels.next}${raiseOpenFiles}\n`);
  process.exit(exitStatus.local);
}
