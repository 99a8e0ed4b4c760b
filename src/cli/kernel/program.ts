/** Turns the command table into a commander program. */

import { Command as CommanderCommand, CommanderError, Option } from 'commander';
import { EnrollkitError } from '../../errors.js';
import { type CommandEntry, commands, families } from '../command-table.js';
import { exampleText, rootFooter, topicText } from './help.js';
import type { Command, Flag, Input } from './untyped-command.js';
import { colorFlag, dirFlag, verboseFlag } from './untyped-flags.js';

/** What the arguments ask for: a command, or a text that is already known. */
export type Request =
  | { kind: 'command'; command: Command; input: Input }
  | { kind: 'wizard'; input: Input }
  | { kind: 'text'; text: string }
  /** The version stands in package.json, which is read only when it is asked for. */
  | { kind: 'version' };

/**
 * Reads the arguments. Loads nothing but commander, the command table, and the declarations of the commands that the
 * arguments name.
 *
 * @throws CommanderError or EnrollkitError USAGE for arguments that are none
 */
export async function readArguments(argv: readonly string[]): Promise<Request> {
  let request: Request | undefined;
  let text = '';
  const ask = (found: Request) => {
    request = found;
  };
  const named = commands.filter(({ name }) => name.split(' ').every((word) => argv.includes(word)));
  const loaded = new Map(await Promise.all(named.map(async (entry) => [entry, await entry.load()] as const)));
  const write = (written: string) => {
    text += written;
  };
  const program = buildProgram({ loaded, argv, ask, write });
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'text', text };
    if (error.code !== 'commander.help') throw error;
    // Commander shows the help where a command is missing.
    const [family] = program.args;
    if (family !== undefined) {
      throw new EnrollkitError('USAGE', `${family} takes a command.`, {
        next: `See enrollkit help ${family}.`,
      });
    }
    const { version, ...flags } = program.opts();
    return version ? { kind: 'version' } : { kind: 'wizard', input: { arguments: [], flags } };
  }
  return request ?? { kind: 'text', text };
}

interface Reading {
  loaded: ReadonlyMap<CommandEntry, Command>;
  argv: readonly string[];
  ask: (request: Request) => void;
  write: (text: string) => void;
}

function buildProgram(reading: Reading): CommanderCommand {
  const { loaded, write } = reading;
  const program = prepare(new CommanderCommand('enrollkit'), write)
    .description(
      'From nothing to X.509 devices enrolled in Azure IoT Hub Device Provisioning Service (DPS), on Azure or on the embedded emulator. Without a command, in a terminal: a wizard that asks.',
    )
    .helpCommand(false)
    .addHelpText('after', rootFooter);
  for (const flag of [dirFlag, verboseFlag, colorFlag]) addFlag(program, flag);
  program.option('--version', 'print the version');

  const parentOf = (name: string) => {
    const known = program.commands.find((one) => one.name() === name);
    if (known) return known;
    const summary = families[name]!;
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
  return program;
}

function declare(
  declared: CommanderCommand,
  { summary }: CommandEntry,
  command: Command,
  { argv, ask }: Reading,
): void {
  declared.description(command.description ?? summary);
  for (const { name, summary, repeatable, optional } of command.arguments ?? []) {
    const shown = repeatable ? `${name}...` : name;
    declared.argument(optional ? `[${shown}]` : `<${shown}>`, summary);
  }
  for (const flag of command.flags) addFlag(declared, flag);
  if (command.takesPem) declared.allowUnknownOption();
  declared.addHelpText('after', exampleText(command.examples));
  declared.action((...all: unknown[]) => {
    const self = all.at(-1) as CommanderCommand;
    const words = command.takesPem ? withoutUnknownFlags(self.args, argv) : self.args;
    ask({ kind: 'command', command, input: { arguments: words, flags: self.opts() } });
  });
}

/**
 * The arguments of a command that takes PEM, for which commander lets every unknown flag pass.
 *
 * @throws EnrollkitError USAGE for a word that begins like a flag, is no PEM and does not stand after `--`
 */
function withoutUnknownFlags(words: readonly string[], argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  const literal = end < 0 ? [] : argv.slice(end + 1);
  const given = words.filter((word, index) => word !== '--' || words.indexOf('--') !== index);
  const free = given.slice(0, given.length - literal.length);
  const unknown = free.find((word) => /^-(?!$|----BEGIN )/.test(word));
  if (unknown === undefined) return given;
  throw new EnrollkitError('USAGE', `Unknown option '${unknown}'.`, {
    next: `See --help. A name that begins with a hyphen goes last, after --.`,
  });
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
    .configureHelp({ showGlobalOptions: false })
    .enablePositionalOptions()
    .allowExcessArguments(false)
    .helpOption('-h, --help', 'show this');
}

function addFlag(declared: CommanderCommand, flag: Flag): void {
  const make = (text: string, summary: string) => {
    const option = new Option(text, summary);
    return flag.group ? option.helpGroup(flag.group) : option;
  };
  if (flag.value === undefined) {
    declared.addOption(make(`--${flag.name}`, flag.summary));
    if (flag.negatable) declared.addOption(make(`--no-${flag.name}`, 'the opposite'));
    return;
  }
  const option = make(`--${flag.name} <${flag.value}>`, flag.summary);
  if (flag.choices) option.choices(flag.choices);
  const parse = flag.parse ?? ((text: string) => text);
  if (flag.repeatable) {
    option.argParser((text: string, before: unknown[] | undefined) => [...(before ?? []), parse(text)]);
  } else if (flag.parse) option.argParser(parse);
  declared.addOption(option);
}

function addHelpCommand(
  program: CommanderCommand,
  loaded: ReadonlyMap<CommandEntry, Command>,
  write: (text: string) => void,
): void {
  prepare(program.command('help'), write)
    .summary('show the help of a command, or a topic: environment, exit-codes')
    .argument('[topic...]', 'a command, or environment, or exit-codes')
    .action((topic: string[]) => {
      const text = topicText(topic.join(' '));
      if (text !== undefined) return write(text);
      let found: CommanderCommand | undefined = program;
      for (const word of topic) found = found?.commands.find((child) => child.name() === word);
      if (found) return write(`${found.helpInformation()}${footerOf(topic.join(' '), loaded)}\n`);
      return program.error(`error: there is no help on '${topic.join(' ')}'`);
    });
}

function footerOf(name: string, loaded: ReadonlyMap<CommandEntry, Command>): string {
  if (name === '') return rootFooter;
  const command = [...loaded].find(([entry]) => entry.name === name)?.[1];
  return command ? exampleText(command.examples) : '';
}
