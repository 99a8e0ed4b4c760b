/** The kinds of flags, and the types of their values. The name of a flag is its key in {@link Flags}. */
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';

/**
 * What a shell suggests: words, files or folders; codes that `explain` knows; devices of the certificate folder; or groups
 * of the provisioning service.
 */
export type Completes = readonly string[] | 'files' | 'folders' | 'codes' | 'devices' | 'groups';

interface FlagHelp {
  readonly summary: string;
  /** The heading above it in the help, with its colon. */
  readonly heading?: string;
}

/** A flag without a value; true when it is given. */
export interface SwitchFlag extends FlagHelp {
  readonly kind: 'switch';
  /** Whether `--no-<name>` turns it off; its value is then false. */
  readonly negatable?: boolean;
}

interface FlagWithValue<Value> extends FlagHelp {
  /** Shown for the value in the help: `FILE`. */
  readonly placeholder: string;
  /** The only texts that it takes. */
  readonly choices?: readonly string[];
  /** What a shell suggests for its value; without it, its choices, and what the placeholder says: `FILE`, `FOLDER`. */
  readonly completes?: Completes;
  /**
   * Turns the given text into the value.
   *
   * @param name of the flag, without its hyphens
   * @throws EnrollkitError that names the flag
   */
  parse(text: string, name: string): Value;
}

/** A flag with a value; when it is given several times, the last one counts. */
export interface ValueFlag<Value> extends FlagWithValue<Value> {
  readonly kind: 'value';
}

/** A flag that can be given several times; its value is the list. */
export interface ListFlag<Value> extends FlagWithValue<Value> {
  readonly kind: 'list';
}

export type Flag = SwitchFlag | ValueFlag<unknown> | ListFlag<unknown>;

/** Flags by name, in the order of the help: `'dps-name'` for `--dps-name`. Groups of flags are shared by spreading them. */
export type Flags = Readonly<Record<string, Flag>>;

type FlagValue<One extends Flag> = One extends SwitchFlag
  ? boolean
  : One extends ListFlag<infer Value>
    ? Value[]
    : One extends ValueFlag<infer Value>
      ? Value
      : never;

export type CamelCase<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;

/**
 * What a command gets of its flags: `dpsName` for `'dps-name'`, undefined when it is not given. A function that
 * several commands call takes the values of the flags that they share: `FlagValues<typeof targetFlags>`.
 */
export type FlagValues<Declared extends Flags> = {
  readonly [Name in keyof Declared & string as CamelCase<Name>]?: FlagValue<Declared[Name]> | undefined;
};

/** `dps-name` as `dpsName`. */
export function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

export function switchFlag(declared: Omit<SwitchFlag, 'kind'>): SwitchFlag {
  return { kind: 'switch', ...declared };
}

type ValueHelp = FlagHelp & { readonly placeholder: string; readonly completes?: Completes };

export function textFlag(declared: ValueHelp): ValueFlag<string> {
  return parsedFlag({ ...declared, parse: (text) => text });
}

export function choiceFlag<const Choice extends string>(
  declared: ValueHelp & { readonly choices: readonly Choice[] },
): ValueFlag<Choice> {
  return parsedFlag({
    ...declared,
    parse(text, name) {
      const choice = declared.choices.find((one) => one === text);
      if (choice !== undefined) return choice;
      throw new EnrollkitError('USAGE', sentences.cliKernel.notAChoice(name, text, declared.choices));
    },
  });
}

/** A whole number; both bounds are allowed. */
export function numberFlag({
  minimum,
  maximum,
  ...declared
}: ValueHelp & { readonly minimum: number; readonly maximum: number }): ValueFlag<number> {
  return parsedFlag({
    ...declared,
    parse(text, name) {
      const value = Number(text);
      if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
      throw new EnrollkitError('USAGE', sentences.cliKernel.notANumber(name, text, minimum, maximum));
    },
  });
}

/** A flag with its own syntax. */
export function parsedFlag<Value>(declared: Omit<ValueFlag<Value>, 'kind'>): ValueFlag<Value> {
  return { kind: 'value', ...declared };
}

/** A flag that may be given several times. */
export function repeatable<Value>(flag: ValueFlag<Value>): ListFlag<Value> {
  return { ...flag, kind: 'list' };
}

/** The same flags under a heading of the help. */
export function underHeading<Declared extends Flags>(heading: string, flags: Declared): Declared {
  const moved = Object.entries(flags).map(([name, flag]) => [name, { ...flag, heading }]);
  return Object.fromEntries(moved) as Declared;
}
