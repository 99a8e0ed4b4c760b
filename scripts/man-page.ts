/** Writes `dist/enrollkit.1`, the manual page, from the command table of the compiled command line. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { CommandEntry, Declaration } from '../src/cli/kernel/command.js';
import type { Flag } from '../src/cli/kernel/flags.js';

const root = new URL('../', import.meta.url);
const compiled = async (path: string) => import(new URL(`build/${path}.js`, root).href);

const { commands } = (await compiled('cli/command-table')) as { commands: readonly CommandEntry[] };
const { environmentVariables } = (await compiled('cli/kernel/environment')) as {
  environmentVariables: Readonly<Record<string, string>>;
};
const { exitStatusSummaries } = (await compiled('cli/kernel/help')) as {
  exitStatusSummaries: Readonly<Record<string, string>>;
};
const { exitStatus } = (await compiled('errors')) as { exitStatus: Readonly<Record<string, number>> };
const { version, description } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));

const declarations = await Promise.all(
  commands.map(async (entry) => ({ entry, declared: await entry.load() })),
);

/** As roff reads it: a backslash, a hyphen to be copied, and a line that begins with a request. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&');
}

function flagLines([name, flag]: [string, Flag]): string[] {
  const value = flag.kind === 'switch' ? '' : ` \\fI${roff(flag.placeholder)}\\fR`;
  return ['.TP', `\\fB\\-\\-${roff(name)}\\fR${value}`, roff(flag.summary)];
}

/** Those that many commands have alike are shown once. */
function isCommon([name, flag]: [string, Flag]): boolean {
  const alike = declarations.filter(({ declared }) => declared.flags[name]?.summary === flag.summary);
  return alike.length >= 8;
}

function commandLines({ name, summary }: CommandEntry, declared: Declaration): string[] {
  const args = Object.entries(declared.args ?? {}).map(([arg, { optional, variadic }]) => {
    const shown = `\\fI${roff(arg.toUpperCase())}\\fR${variadic ? '...' : ''}`;
    return optional ? ` [${shown}]` : ` ${shown}`;
  });
  return [
    `.SS enrollkit ${roff(name)}${args.join('')} [options]`,
    roff(declared.description ?? `${summary}.`),
    ...Object.entries(declared.args ?? {}).flatMap(([arg, one]) => [
      '.TP',
      `\\fI${roff(arg.toUpperCase())}\\fR`,
      roff(one.summary),
    ]),
    ...Object.entries(declared.flags)
      .filter((flag) => !isCommon(flag))
      .flatMap(flagLines),
    ...declared.examples.flatMap((example) => [
      '.PP',
      `${roff(example.summary)}:`,
      '.PP',
      '.nf',
      roff(`    enrollkit ${example.line}`),
      '.fi',
    ]),
  ];
}

const commonFlags = new Map(
  declarations.flatMap(({ declared }) => Object.entries(declared.flags).filter(isCommon)),
);
const page = [
  `.TH ENROLLKIT 1 "" "enrollkit ${version}"`,
  '.SH NAME',
  `enrollkit \\- ${roff(description)}`,
  '.SH SYNOPSIS',
  '.B enrollkit',
  '[\\fICOMMAND\\fR] [\\fIARGUMENTS\\fR] [\\fIOPTIONS\\fR]',
  '.SH DESCRIPTION',
  roff(
    'Without a command, enrollkit asks what it needs to enroll devices. enrollkit COMMAND --help shows one command.',
  ),
  '.SH COMMANDS',
  ...declarations.flatMap(({ entry, declared }) => commandLines(entry, declared)),
  '.SH COMMON OPTIONS',
  'Several commands have these. Their help says which.',
  ...[...commonFlags.entries()].flatMap(flagLines),
  '.SH ENVIRONMENT',
  ...Object.entries(environmentVariables).flatMap(([name, summary]) => ['.TP', `.B ${name}`, roff(summary)]),
  '.SH EXIT STATUS',
  ...Object.entries(exitStatus).flatMap(([name, status]) => [
    '.TP',
    `.B ${status}`,
    roff(exitStatusSummaries[name] ?? name),
  ]),
];
writeFileSync(new URL('dist/enrollkit.1', root), `${page.join('\n')}\n`);
