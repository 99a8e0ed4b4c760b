/** What a command is: data that the program, the help and the tests read, and one function. */
import type { ExitStatus } from '../../errors.js';
import type { Output } from './output.js';

/** An option of a command, defined once and shared by the commands that take it. */
export interface Flag {
  /** `dps-name` for `--dps-name`; a name of the camel case `dpsName` in what `run` gets. */
  readonly name: string;
  /** What stands for its value in the help, `NAME` for instance; a flag without is a switch. */
  readonly value?: string;
  readonly summary: string;
  readonly choices?: readonly string[];
  /** May be given several times; `run` gets an array. */
  readonly repeatable?: true;
  /** A switch that can also be turned off: `--no-<name>`. */
  readonly negatable?: true;
  /** Turns the text into what `run` gets; throws an EnrollkitError that names the flag. */
  readonly parse?: (text: string) => unknown;
  /** The heading that it stands under in the help. */
  readonly group?: string;
}

export interface Argument {
  readonly name: string;
  readonly summary: string;
  /** The last argument may stand several times; once at least. */
  readonly repeatable?: true;
  /** It may be left out; a repeatable one, too. */
  readonly optional?: true;
}

export interface Example {
  /** What to type, after `enrollkit`. */
  readonly line: string;
  readonly summary: string;
}

/** What a command may use of the world. */
export interface Context {
  readonly output: Output;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted by Ctrl-C and by SIGTERM. */
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** Whether a person can be asked: standard input, output and error are terminals, and CI is not set. */
  readonly interactive: boolean;
}

/** What was typed: flags in camel case, absent when they were not given. */
export interface Input {
  readonly arguments: readonly string[];
  readonly flags: Readonly<Record<string, unknown>>;
}

export interface Command {
  /** More than its summary in the command table says; a paragraph. */
  readonly description?: string;
  readonly arguments?: readonly Argument[];
  readonly flags: readonly Flag[];
  /** A word that begins like PEM is an argument, and no unknown flag. */
  readonly takesPem?: true;
  /** At least two. */
  readonly examples: readonly Example[];
  /**
   * Resolves when the command has succeeded, with an exit status where its answer is one (`cert needs-renewal`); throws
   * an EnrollkitError otherwise.
   */
  run(input: Input, context: Context): Promise<void> | Promise<ExitStatus>;
}

/** `dps-name` as `dpsName`. */
export function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
