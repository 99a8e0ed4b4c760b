/** What a command is: a declaration that the program, the help and the tests read, and a function that runs it. */
import type { EnrollkitError, ExitStatus } from '../../errors.js';
import type { CamelCase, Completes, Flags, FlagValues } from './flags.js';
import type { Output } from './output.js';

export interface Argument {
  readonly summary: string;
  readonly optional?: boolean;
  /** Takes all the words that follow; at least one, unless it is optional. Only the last argument can. */
  readonly variadic?: boolean;
  /** What a shell suggests for it; without it, nothing. */
  readonly completes?: Completes;
}

/** Arguments by name, in their order. */
export type Arguments = Readonly<Record<string, Argument>>;

type ArgumentValue<One extends Argument> = One extends { readonly variadic: true }
  ? readonly string[]
  : One extends { readonly optional: true }
    ? string | undefined
    : string;

export type ArgumentValues<Declared extends Arguments> = {
  readonly [Name in keyof Declared & string as CamelCase<Name>]: ArgumentValue<Declared[Name]>;
};

export interface Example {
  /** What to type, after `enrollkit`. */
  readonly line: string;
  readonly summary: string;
}

/** The environment of a run. */
export interface Context {
  readonly output: Output;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted by Ctrl-C, by SIGTERM, when the terminal closes (SIGHUP), and by {@link stop}. */
  readonly signal: AbortSignal;
  /** Ends the command at its next safe point with an error that it would not find out on its own. */
  readonly stop: (error: EnrollkitError) => void;
  readonly now: () => Date;
  /** Whether questions can be asked: standard input, output and error are terminals, and CI is not set. */
  readonly interactive: boolean;
  /** Runs another command in this process: the words after `enrollkit`. */
  readonly runCommand: (words: readonly string[]) => Promise<ExitStatus>;
}

/** What was typed. */
export interface Input<F extends Flags = Flags, A extends Arguments = Arguments> {
  readonly args: ArgumentValues<A>;
  readonly flags: FlagValues<F>;
}

export interface Declaration<F extends Flags = Flags, A extends Arguments = Arguments> {
  /** A paragraph for the help; without one, the summary of the command table. */
  readonly description?: string;
  readonly args?: A;
  readonly flags: F;
  /** A word that begins like PEM is an argument, not an unknown flag. */
  readonly takesPem?: true;
  /** At least two. */
  readonly examples: readonly Example[];
}

interface Runnable<F extends Flags, A extends Arguments> {
  /**
   * Resolves when the command has succeeded, with an exit status if that is its answer (`cert needs-renewal`); throws
   * an EnrollkitError otherwise.
   */
  run(input: Input<F, A>, context: Context): Promise<void> | Promise<ExitStatus>;
}

/** A command in one file. */
export type Command<F extends Flags = Flags, A extends Arguments = Arguments> = Declaration<F, A> &
  Runnable<F, A>;

/** The function that runs a command. */
export type Run<F extends Flags = Flags, A extends Arguments = Arguments> = Runnable<F, A>['run'];

/** The function that runs a command which is declared elsewhere: `RunOf<typeof certCsr>`. */
export type RunOf<Declared> = Declared extends Declaration<infer F, infer A> ? Run<F, A> : never;

/** The values of the flags of a command, for the functions that `run` is divided into. */
export type FlagsOf<Declared> = Declared extends Declaration<infer F> ? FlagValues<F> : never;

/** A command whose `run` loads nothing slow, or loads it when it runs. */
export function defineCommand<F extends Flags, const A extends Arguments = Readonly<Record<never, never>>>(
  command: Command<F, A>,
): Command<F, A> {
  return command;
}

/** A command whose `run` is in `<command>.run.ts`, so that its help loads nothing slow; the command table joins them. */
export function declareCommand<F extends Flags, const A extends Arguments = Readonly<Record<never, never>>>(
  declaration: Declaration<F, A>,
): Declaration<F, A> {
  return declaration;
}

/** A row of the command table. */
export interface CommandEntry {
  /** One word, or two for a command of a family: `group create`. */
  readonly name: string;
  readonly summary: string;
  /** Loads what the help shows, and nothing slow. */
  load(): Promise<Declaration>;
  loadRun(): Promise<Run>;
}
