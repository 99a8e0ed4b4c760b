/** Where in a JSON text (RFC 8259) a value stands, so that an error can name the line. */

export interface Place {
  /** From 1. */
  line: number;
  /** In characters, from 1. */
  column: number;
}

/** A JSON text that is none, and where it stops being one. */
export class JsonSyntaxError extends Error {
  override name = 'JsonSyntaxError';
  constructor(
    message: string,
    readonly place: Place,
  ) {
    super(message);
  }
}

/** Deeper ones are no documents that people write. */
const maxDepth = 64;

const tokens = {
  space: /[ \t\r\n]*/y,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 section 7 keeps them out of strings.
  string: /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y,
  scalar: /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y,
};

/**
 * Walks through a JSON text.
 *
 * @returns a function that gives the place of the value at a path, or of the nearest one above it that there is; the
 *   name of a field instead of its value when `name` is given as well
 * @throws JsonSyntaxError
 */
export function placesOf(text: string): (path: readonly PropertyKey[], name?: string) => Place {
  const starts = new Map<string, number>();
  const names = new Map<string, number>();
  let at = 0;
  const fail = (message: string): never => {
    throw new JsonSyntaxError(message, placeAt(text, at));
  };
  const take = (token: RegExp): string | undefined => {
    token.lastIndex = at;
    const match = token.exec(text)?.[0];
    if (match !== undefined) at += match.length;
    return match;
  };
  const skipSpace = () => take(tokens.space);
  const takeSign = (sign: string) => {
    skipSpace();
    if (text[at] !== sign) return false;
    at += 1;
    return true;
  };
  const expected = (what: string) =>
    fail(at >= text.length ? `the text ends where ${what} belongs` : `${what} belongs here`);

  const members = (end: string, member: (index: number) => void) => {
    if (takeSign(end)) return;
    for (let index = 0; ; index += 1) {
      skipSpace();
      member(index);
      if (takeSign(end)) return;
      if (!takeSign(',')) expected(`a comma or ${end}`);
    }
  };
  const value = (path: readonly PropertyKey[]): void => {
    skipSpace();
    if (path.length > maxDepth) fail('it is nested too deeply');
    starts.set(keyOf(path), at);
    if (takeSign('{')) {
      members('}', () => {
        const nameAt = at;
        const name = take(tokens.string) ?? (expected('the name of a field, in double quotes') as never);
        const field = [...path, JSON.parse(name) as string];
        names.set(keyOf(field), nameAt);
        if (!takeSign(':')) expected('a colon');
        value(field);
      });
    } else if (takeSign('[')) members(']', (index) => value([...path, index]));
    else if ((take(tokens.string) ?? take(tokens.scalar)) === undefined) expected('a value');
  };

  value([]);
  skipSpace();
  if (at < text.length) fail('something follows the end');
  return (path, name) => {
    const named = name === undefined ? undefined : names.get(keyOf([...path, name]));
    if (named !== undefined) return placeAt(text, named);
    for (let length = path.length; ; length -= 1) {
      const start = starts.get(keyOf(path.slice(0, length)));
      if (start !== undefined) return placeAt(text, start);
    }
  };
}

function keyOf(path: readonly PropertyKey[]): string {
  return JSON.stringify(path.map(String));
}

function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}
