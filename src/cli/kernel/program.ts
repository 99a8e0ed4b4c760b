/** Turns the command table into a commander program. */

import { Command as CommanderCommand, CommanderError, type Help, Option } from 'commander';
import { EnrollkitError, type ExitStatus, exitStatus } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { commands, families } from '../command-table.js';
import { displayWidth, wrap } from '../terminal/text.js';
import type { Arguments, CommandEntry, Context, Declaration, Input } from './command.js';
import { colorFlag, dirFlag, languageFlag, verboseFlag } from './common-flags.js';
import { camelCase, type Flag, type Flags } from './flags.js';
import { exampleText, rootFooter, topicText } from './help.js';

const { help, usage } = sentences.cliKernel;

/** What the command line asks for: a command, or a text. */
export type Request =
  | { kind: 'command'; entry: CommandEntry; input: Input }
  | { kind: 'text'; text: string }
  /** Of package.json, which is read only for this. */
  | { kind: 'version' };

/** The flags of `enrollkit` without a command: the wizard is a quickstart that asks. */
const wizardFlags = { ...dirFlag, ...verboseFlag, ...colorFlag };

/**
 * Reads the arguments. Loads nothing but commander, the command table, and the declarations of the commands that the
 * arguments name.
 *
 * @throws EnrollkitError USAGE for a command, a flag or an argument that it does not know
 */
export async function readArguments(argv: readonly string[]): Promise<Request> {
  let request: Request | undefined;
  let text = '';
  const ask = (found: Request) => {
    request = found;
  };
  const candidates = commands.filter(({ name }) => name.split(' ').every((word) => argv.includes(word)));
  const loaded = new Map(
    await Promise.all(candidates.map(async (entry) => [entry, await entry.load()] as const)),
  );
  const write = (written: string) => {
    text += written;
  };
  const program = buildProgram({ loaded, argv, ask, write });
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'text', text };
    if (error.code !== 'commander.help') throw usageError(error, argv);
    // Commander shows its help if a command is missing.
    const [family] = program.args;
    if (family !== undefined) {
      throw new EnrollkitError('USAGE', usage.missingCommand(family), {
        next: usage.seeHelp(`enrollkit ${family} --help`),
      });
    }
    const options = program.opts();
    if (options.version) return { kind: 'version' };
    const quickstart = commands.find(({ name }) => name === 'quickstart')!;
    return { kind: 'command', entry: quickstart, input: { args: {}, flags: valuesOf(wizardFlags, options) } };
  }
  return request ?? { kind: 'text', text };
}

/**
 * Runs a command of another command.
 *
 * @param words the command and its arguments, without `enrollkit`
 * @throws what the command throws
 */
export async function runCommand(words: readonly string[], context: Context): Promise<ExitStatus> {
  const request = await readArguments(words);
  if (request.kind !== 'command') throw new TypeError(`${words.join(' ')} is not a command`);
  const run = await request.entry.loadRun();
  return (await run(request.input, context)) ?? exitStatus.ok;
}

interface Reading {
  loaded: ReadonlyMap<CommandEntry, Declaration>;
  argv: readonly string[];
  ask: (request: Request) => void;
  write: (text: string) => void;
}

function buildProgram(reading: Reading): CommanderCommand {
  const { loaded, write } = reading;
  const program = prepare(new CommanderCommand('enrollkit'), write)
    .description(help.description)
    .helpCommand(false)
    .addHelpText('after', rootFooter);
  addFlags(program, wizardFlags);
  program.option('--version', help.version);

  const parentOf = (name: string) => {
    const known = program.commands.find((one) => one.name() === name);
    if (known) return known;
    const summary = familySummary(name);
    return prepare(program.command(name), write)
      .summary(summary)
      .description(summary)
      .helpCommand(false)
      .usage('<command> [options]');
  };
  for (const entry of commands) {
    const [family, name] = entry.name.split(' ') as [string, string?];
    const parent = name === undefined ? program : parentOf(family);
    const declared = prepare(parent.command(name ?? family), write).summary(entry.summary);
    const command = loaded.get(entry);
    if (command) declare(declared, entry, command, reading);
    else declared.usage('[options]');
  }
  addHelpCommand(program, loaded, write);
  for (const one of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)])
    addFlags(one, languageFlag);
  return program;
}

function declare(
  declared: CommanderCommand,
  entry: CommandEntry,
  command: Declaration,
  { argv, ask }: Reading,
): void {
  declared.description(command.description ?? entry.summary);
  const args = command.args ?? {};
  for (const [name, { summary, variadic, optional }] of Object.entries(args)) {
    const shown = variadic ? `${name}...` : name;
    declared.argument(optional ? `[${shown}]` : `<${shown}>`, summary);
  }
  addFlags(declared, command.flags);
  if (command.takesPem) declared.allowUnknownOption();
  declared.addHelpText('after', exampleText(command.examples));
  declared.action((...all: unknown[]) => {
    const self = all.at(-1) as CommanderCommand;
    const words = command.takesPem ? withoutUnknownFlags(self.args, argv) : self.args;
    const input = { args: argumentsOf(args, words), flags: valuesOf(command.flags, self.opts()) };
    ask({ kind: 'command', entry, input });
  });
}

/**
 * The arguments of a command that takes PEM, for which commander lets every unknown flag pass.
 *
 * @throws EnrollkitError USAGE for a word that begins like a flag, is no PEM and is not after `--`
 */
function withoutUnknownFlags(words: readonly string[], argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  const literal = end < 0 ? [] : argv.slice(end + 1);
  const given = words.filter((word, index) => word !== '--' || words.indexOf('--') !== index);
  const free = given.slice(0, given.length - literal.length);
  const unknown = free.find((word) => /^-(?!$|----BEGIN )/.test(word));
  if (unknown === undefined) return given;
  throw new EnrollkitError('USAGE', usage.unknownFlag(unknown, []), { next: usage.hyphens });
}

/** Titles in the language of the rest, and lines that are broken where it breaks them. */
const helpLayout: Partial<Help> = {
  showGlobalOptions: false,
  subcommandTerm: (command) => command.name(),
  styleTitle: (title) => (help.titles.ofCommander as Readonly<Record<string, string>>)[title] ?? title,
  displayWidth,
  boxWrap: wrap,
  optionDescription: ({ description, argChoices }) =>
    argChoices ? `${description} ${help.choices(argChoices)}` : description,
};

/** What commander found to be wrong, from its code and the names that it quotes. */
function usageError({ code, message }: CommanderError, argv: readonly string[]): EnrollkitError {
  const [, suggested = ''] = /\(Did you mean (?:one of )?(.+)\?\)/.exec(message) ?? [];
  const suggestions = suggested === '' ? [] : suggested.split(', ');
  const [first = '', second = ''] = [...message.matchAll(/'([^']*)'/g)].map(([, name]) => name!);
  const text = () => {
    switch (code) {
      case 'commander.unknownCommand':
        return usage.unknownCommand(first, suggestions);
      case 'commander.unknownOption':
        return usage.unknownFlag(first, suggestions);
      case 'commander.missingArgument':
        return usage.missingArgument(first);
      case 'commander.optionMissingArgument':
        return usage.missingValue(first);
      case 'commander.excessArguments': {
        const [expected, given] = [...message.matchAll(/\b\d+\b/g)].slice(-2).map(Number);
        return usage.excessArguments(expected!, given!);
      }
      case 'commander.invalidArgument':
        return usage.invalidChoice(first, second, choicesIn(message));
      default:
        return message;
    }
  };
  return new EnrollkitError('USAGE', text(), { next: usage.seeHelp(helpCommandFor(argv)) });
}

function choicesIn(message: string): string[] {
  return (/Allowed choices are (.+)\.$/.exec(message)?.[1] ?? '').split(', ');
}

/** The command line that shows the help of the command that was typed. */
function helpCommandFor(argv: readonly string[]): string {
  const words = argv.filter((word) => !word.startsWith('-'));
  const typed = [words.slice(0, 2).join(' '), words[0] ?? ''];
  const known = typed.find((name) => name in families || commands.some((one) => one.name === name));
  return known === undefined ? 'enrollkit --help' : `enrollkit ${known} --help`;
}

function prepare(declared: CommanderCommand, write: (text: string) => void): CommanderCommand {
  return declared
    .exitOverride()
    .configureOutput({
      writeOut: write,
      writeErr: () => {},
      getOutHelpWidth: () => 80,
      getOutHasColors: () => false,
    })
    .configureHelp(helpLayout)
    .enablePositionalOptions()
    .allowExcessArguments(false)
    .helpOption('-h, --help', help.helpFlag);
}

function addFlags(declared: CommanderCommand, flags: Flags): void {
  for (const [name, flag] of Object.entries(flags)) addFlag(declared, name, flag);
}

function addFlag(declared: CommanderCommand, name: string, flag: Flag): void {
  const option = (text: string, summary: string) => {
    const made = new Option(text, summary);
    return flag.heading ? made.helpGroup(flag.heading) : made;
  };
  if (flag.kind === 'switch') {
    declared.addOption(option(`--${name}`, flag.summary));
    if (flag.negatable) declared.addOption(option(`--no-${name}`, help.opposite(name)));
    return;
  }
  const withValue = option(`--${name} <${flag.placeholder}>`, flag.summary);
  if (flag.choices) withValue.choices(flag.choices);
  if (flag.kind === 'list') {
    withValue.argParser((text: string, before: readonly unknown[] | undefined) => [
      ...(before ?? []),
      flag.parse(text, name),
    ]);
  } else if (!flag.choices) withValue.argParser((text) => flag.parse(text, name));
  declared.addOption(withValue);
}

/** The values of the flags that were given, from what commander calls them: `color: false` for `--no-color`. */
function valuesOf(flags: Flags, options: Readonly<Record<string, unknown>>): Input['flags'] {
  const values = Object.keys(flags).map((name) => {
    const value = name.startsWith('no-')
      ? options[camelCase(name.slice('no-'.length))] === false || undefined
      : options[camelCase(name)];
    return [camelCase(name), value];
  });
  return Object.fromEntries(values);
}

function argumentsOf(declared: Arguments, words: readonly string[]): Input['args'] {
  const left = [...words];
  const values = Object.entries(declared).map(([name, { variadic }]) => [
    camelCase(name),
    variadic ? left.splice(0) : left.shift(),
  ]);
  return Object.fromEntries(values);
}

function familySummary(family: string): string {
  const { summary, highlights } = families[family]!;
  const own = commands.map(({ name }) => name.split(' ')).filter(([first]) => first === family);
  return help.family(summary, highlights ? [highlights] : own.map(([, second]) => second!));
}

function addHelpCommand(
  program: CommanderCommand,
  loaded: ReadonlyMap<CommandEntry, Declaration>,
  write: (text: string) => void,
): void {
  prepare(program.command('help'), write)
    .summary(help.helpCommand)
    .argument('[topic...]', help.topic)
    .action((topic: string[]) => {
      const text = topicText(topic.join(' '));
      if (text !== undefined) return write(text);
      let found: CommanderCommand | undefined = program;
      for (const word of topic) found = found?.commands.find((child) => child.name() === word);
      if (found) return write(`${found.helpInformation()}${footerOf(topic.join(' '), loaded)}\n`);
      throw new EnrollkitError('USAGE', usage.noHelp(topic.join(' ')), {
        next: usage.seeHelp('enrollkit --help'),
      });
    });
}

function footerOf(name: string, loaded: ReadonlyMap<CommandEntry, Declaration>): string {
  if (name === '') return rootFooter;
  const command = [...loaded].find(([entry]) => entry.name === name)?.[1];
  return command ? exampleText(command.examples) : '';
}
