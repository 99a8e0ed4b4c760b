/** The flags of a plan's fields, derived from the table of fields. It is loaded for `--help`. */
import { EnrollkitError } from '../../errors.js';
import {
  type Field,
  type FieldPath,
  fieldsOf,
  type GroupName,
  type planFields,
} from '../../quickstart/plan/fields.js';
import {
  camelCase,
  choiceFlag,
  type Flag,
  type ListFlag,
  numberFlag,
  parsedFlag,
  repeatable,
  type SwitchFlag,
  switchFlag,
  textFlag,
  type ValueFlag,
} from '../kernel/flags.js';

type FlagOf<One extends Field> = One extends { kind: 'switch' }
  ? SwitchFlag
  : One extends { kind: 'number' }
    ? ValueFlag<number>
    : One extends { kind: 'choice'; choices: infer Choices }
      ? ValueFlag<keyof Choices & string>
      : One extends { kind: 'list' }
        ? ListFlag<string>
        : ValueFlag<string>;

type Fields = typeof planFields;
type FieldFlags<Group extends GroupName> = {
  readonly [Path in Extract<FieldPath, `${Group}.${string}`> as Fields[Path]['flag']['name']]: FlagOf<
    Fields[Path]
  >;
};

/** The flags of a group of fields, by their names, in the order of the table. */
export function fieldFlags<Group extends GroupName>(group: Group): FieldFlags<Group> {
  return Object.fromEntries(
    fieldsOf(group).map(([, field]) => [field.flag.name, flagOf(field)]),
  ) as FieldFlags<Group>;
}

/** The value of a field's flag among those of a command; undefined if it was not given. */
export function givenValue(flags: object, { flag }: Pick<Field, 'flag'>): unknown {
  return new Map<string, unknown>(Object.entries(flags)).get(camelCase(flag.name));
}

function flagOf({ flag, ...field }: Field): Flag {
  const { value: placeholder = '', summary, invalid } = flag;
  const help = { placeholder, summary };
  switch (field.kind) {
    case 'choice':
      return choiceFlag({ ...help, choices: Object.keys(field.choices) });
    case 'switch':
      return switchFlag({ summary, negatable: true });
    case 'number':
      return numberFlag({ ...help, minimum: field.minimum, maximum: field.maximum });
    case 'text':
      return parsedFlag({ ...help, parse: checked(field.problem, invalid) });
    case 'list':
      return repeatable(parsedFlag({ ...help, parse: checked(field.problem, invalid) }));
    case 'twin':
    case 'devices':
      return textFlag(help);
  }
}

/** A rule with its own error code is checked where the flag is read; others when the plan is. */
function checked(
  problem: (value: string) => string | undefined,
  invalid: Field['flag']['invalid'],
): (text: string) => string {
  return (text) => {
    const message = invalid === undefined ? undefined : problem(text);
    if (invalid !== undefined && message !== undefined) throw new EnrollkitError(invalid, message);
    return text;
  };
}
