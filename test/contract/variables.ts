/** `{name}` in the texts of an exchange: of the target, of the session, and saved from earlier replies. */

export type Variables = Map<string, string>;

export class UnknownVariable extends Error {
  constructor(readonly variable: string) {
    super(`{${variable}} has no value: no earlier reply gave it`);
  }
}

/**
 * Fills in every text of a value.
 *
 * @throws UnknownVariable
 */
export function filled<Value>(value: Value, variables: Variables): Value {
  const fill = (one: unknown): unknown => {
    if (typeof one === 'string') return filledText(one, variables);
    if (Array.isArray(one)) return one.map(fill);
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(
      Object.entries(one).map(([name, member]) => [filledText(name, variables), fill(member)]),
    );
  };
  return fill(value) as Value;
}

function filledText(text: string, variables: Variables): string {
  return text.replace(/\{([A-Za-z][\w.]*)\}/g, (_, name: string) => {
    const value = variables.get(name);
    if (value === undefined) throw new UnknownVariable(name);
    return value;
  });
}

/** The value at a path such as `value.0.etag`; undefined where there is none. */
export function valueAt(body: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined,
      body,
    );
}
