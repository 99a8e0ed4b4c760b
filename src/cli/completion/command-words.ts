/** What an unfinished command line is about: the command, and the flag or argument that the cursor is at. */
import { commands } from '../command-table.js';
import type { Argument, CommandEntry, Declaration } from '../kernel/command.js';
import { dirFlag, languageFlag } from '../kernel/common-flags.js';
import { type Completes, camelCase, type Flag, type Flags } from '../kernel/flags.js';

/** The flags that may come before a command. */
const flagsOfAll: Flags = { ...dirFlag, ...languageFlag };

/** What the word at the cursor may be. */
export type Place =
  /** The name of a command; `family` is what was typed of it, if it has two words. */
  | { kind: 'command'; family: string | undefined }
  | { kind: 'topic' }
  /** `prefix` is `--flag=`, if the value is part of the word. */
  | { kind: 'value'; flag: Flag; prefix: string }
  | { kind: 'flag'; flags: Flags; given: ReadonlySet<string> }
  | { kind: 'argument'; argument: Argument }
  | { kind: 'nothing' };

export interface CommandLine {
  place: Place;
  /** The values of the flags that were typed, by the names that commands use; without those that are wrong. */
  values: Readonly<Record<string, unknown>>;
}

/**
 * Loads the declaration of the command that the words name, and nothing else.
 *
 * @param words before the cursor, without `enrollkit`
 * @param current the word at the cursor, up to it
 */
export async function readCommandLine(words: readonly string[], current: string): Promise<CommandLine> {
  let start = 0;
  while (start < words.length && words[start]!.startsWith('-')) {
    const flag = flagsOfAll[words[start]!.slice(2)];
    if (flag !== undefined && start + 1 === words.length) return atValue(flag);
    start += flag === undefined ? 1 : 2;
  }
  const [first, second, ...rest] = words.slice(start);
  if (first === undefined && current.startsWith('-')) {
    return { place: { kind: 'flag', flags: flagsOfAll, given: new Set() }, values: {} };
  }
  if (first === undefined) return { place: { kind: 'command', family: undefined }, values: {} };
  if (first === 'help') return { place: { kind: 'topic' }, values: {} };
  const pair = second === undefined ? undefined : entryNamed(`${first} ${second}`);
  if (pair !== undefined) return readInput(await pair.load(), rest, current);
  const single = entryNamed(first);
  const isFamily = commands.some(({ name }) => name.startsWith(`${first} `));
  if (second === undefined && isFamily && !(single !== undefined && current.startsWith('-'))) {
    return { place: { kind: 'command', family: first }, values: {} };
  }
  if (single === undefined) return { place: { kind: 'nothing' }, values: {} };
  return readInput(await single.load(), words.slice(start + 1), current);
}

function entryNamed(wanted: string): CommandEntry | undefined {
  return commands.find(({ name }) => name === wanted);
}

function atValue(flag: Flag, prefix = '', values: CommandLine['values'] = {}): CommandLine {
  return { place: { kind: 'value', flag, prefix }, values };
}

function readInput(command: Declaration, words: readonly string[], current: string): CommandLine {
  const flags: Flags = { ...command.flags, ...languageFlag };
  const values: Record<string, unknown> = {};
  const given = new Set<string>();
  const positional: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index]!;
    const [, name = '', attached] = /^--([^=]+)(?:=(.*))?$/s.exec(word) ?? [];
    const flag = flags[name];
    if (word === '--') {
      positional.push(...words.slice(index + 1));
      return { place: argumentAt(command, positional.length), values };
    }
    if (!word.startsWith('-')) positional.push(word);
    if (flag === undefined) continue;
    if (flag.kind !== 'list') given.add(name);
    if (flag.kind === 'switch') continue;
    if (attached === undefined && index + 1 === words.length) return atValue(flag, '', values);
    if (attached === undefined) index += 1;
    try {
      values[camelCase(name)] = flag.parse(attached ?? words[index]!, name);
    } catch {
      // The command will say what is wrong with it.
    }
  }
  const [, name = ''] = /^--([^=]+)=/.exec(current) ?? [];
  const flag = flags[name];
  if (flag !== undefined && flag.kind !== 'switch') return atValue(flag, `--${name}=`, values);
  if (current.startsWith('-')) return { place: { kind: 'flag', flags, given }, values };
  return { place: argumentAt(command, positional.length), values };
}

function argumentAt({ args = {} }: Declaration, index: number): Place {
  const declared = Object.values(args);
  const last = declared.at(-1);
  const argument = declared[index] ?? (last?.variadic ? last : undefined);
  return argument === undefined ? { kind: 'nothing' } : { kind: 'argument', argument };
}

/** What completes the value of a flag. */
export function completesOf(flag: Flag): Completes | undefined {
  if (flag.kind === 'switch') return undefined;
  if (flag.completes ?? flag.choices) return flag.completes ?? flag.choices;
  if (flag.placeholder === 'FOLDER') return 'folders';
  return ['FILE', 'RECORDING'].includes(flag.placeholder) ? 'files' : undefined;
}
