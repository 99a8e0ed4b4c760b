#!/usr/bin/env node
import { chooseLanguage, useLanguage } from './languages/language.js';

const argv = process.argv.slice(2);
// Declarations of commands read their sentences while they are loaded.
await useLanguage(chooseLanguage(argv, process.env, process.platform === 'win32' ? systemLocale : undefined));
const { main } = await import('./cli/kernel/main.js');
await main(argv);

function systemLocale(): string {
  return Intl.DateTimeFormat().resolvedOptions().locale;
}
