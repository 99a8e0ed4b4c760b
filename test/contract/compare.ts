/**
 * Compares a reply with what was recorded: status, headers that clients read, names, types and formats of members.
 *
 * An expected value is a literal, but that
 * - `<format>` within a text stands for any text of that format (see `formats`); a text that is one of `types` and
 *   nothing else, for any value of that type;
 * - an object has exactly the members that are named: `name?` may be absent, and with `"$more": true` others are welcome;
 * - `{"$shape": "name", ...}` is that shape of common.json with the other members laid over it, `"<absent>"` removing one;
 * - `{"$some": x}` is an array with an element like x, `{"$every": x}` one of elements that are all like x;
 * - `{"$isNot": x}` is anything but x, `{"$oneOf": [...]}` something like one of these.
 */

/** The formats of texts, as regular expressions. */
export const formats: Record<string, string> = {
  guid: '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
  text: '[\\s\\S]+',
  /** Opaque to clients, who send it back as it is. */
  etag: '[A-Za-z0-9+/=_-]+',
  /** Base64 of a text with its quotation marks, such as "0000abcd-0000-0800-0000-646801f30000". */
  enrollmentEtag: 'I[jm][A-Za-z0-9+/]+={0,2}',
  /** Base64 of eight octets that count. */
  counterEtag: '[A-Za-z0-9+/]{11}=',
  /** Base64 of a decimal number. */
  decimalEtag: '(?:[MNO][A-Za-z0-9+/])(?:[A-Za-z0-9+/]{2})*={0,2}',
  base64: '(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?',
  /** UTC, with up to seven digits of a second, trailing zeros dropped. */
  time: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,7})?Z',
  timeWithoutFraction: '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ',
  /** As in messages of the ARM provider. */
  armTime: '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\dZ',
  hubTime: '\\d\\d/\\d\\d/\\d{4} \\d\\d:\\d\\d:\\d\\d',
  /** RFC 1123. */
  httpDate: '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \\d\\d [A-Z][a-z]{2} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT',
  host: '[A-Za-z0-9][A-Za-z0-9.-]*(?::\\d+)?',
  url: 'https://\\S+',
  idScope: '0ne[0-9A-F]{8}',
  hex: '[0-9a-f]+',
  hex32: '[0-9A-Fa-f]{32}',
  upperHex: '[0-9A-F]+',
  sha1: '[0-9A-F]{40}',
  sha256: '[0-9A-F]{64}',
  verificationCode: '[0-9A-F]{48}',
  operationId: '[45]\\.[0-9a-f]{16}\\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}',
  digits: '\\d+',
  digits18: '\\d{18}',
};

/** The types of values. */
export const types: Record<string, (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
  object: (value) => isObject(value),
  array: (value) => Array.isArray(value),
  any: () => true,
};

type Shapes = Record<string, unknown>;
type Members = Record<string, unknown>;

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Puts the shapes in, so that nothing but patterns is left. */
export function withShapes(expected: unknown, shapes: Shapes): unknown {
  if (Array.isArray(expected)) return expected.map((one) => withShapes(one, shapes));
  if (!isObject(expected)) return expected;
  const { $shape, ...own } = expected;
  const members = Object.fromEntries(
    Object.entries(own).map(([name, value]) => [name, withShapes(value, shapes)]),
  );
  if ($shape === undefined) return members;
  if (!(($shape as string) in shapes)) throw new Error(`common.json has no shape "${$shape}"`);
  return laidOver(withShapes(shapes[$shape as string], shapes) as Members, members);
}

function laidOver(below: Members, above: Members): Members {
  const result = { ...below };
  for (const [name, value] of Object.entries(above)) {
    const under = result[name];
    if (value === '<absent>') delete result[name];
    else result[name] = isObject(value) && isObject(under) ? laidOver(under, value) : value;
  }
  return result;
}

/**
 * What differs, each with the path of the member; nothing when the value is as expected.
 *
 * @param expected with its variables filled in and without `$shape`
 */
export function differences(expected: unknown, actual: unknown, path = 'body'): string[] {
  if (typeof expected === 'string') return textDifference(expected, actual, path);
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return [`${path}: ${shown(actual)} instead of an array`];
    if (actual.length !== expected.length)
      return [`${path}: ${actual.length} elements instead of ${expected.length}`];
    return expected.flatMap((one, index) => differences(one, actual[index], `${path}.${index}`));
  }
  if (isObject(expected)) return objectDifferences(expected, actual, path);
  return Object.is(expected, actual) ? [] : [`${path}: ${shown(actual)} instead of ${shown(expected)}`];
}

function textDifference(expected: string, actual: unknown, path: string): string[] {
  const type = /^<(\w+)>$/.exec(expected)?.[1];
  const matches =
    type !== undefined && type in types
      ? types[type]!(actual) && actual !== undefined
      : typeof actual === 'string' && patternOf(expected).test(actual);
  return matches ? [] : [`${path}: ${shown(actual)} instead of ${shown(expected)}`];
}

function patternOf(expected: string): RegExp {
  const parts = expected.split(/(<\w+>)/).map((part) => {
    const format = /^<(\w+)>$/.exec(part)?.[1];
    if (format !== undefined && !(format in formats)) throw new Error(`no format is called ${part}`);
    return format === undefined ? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : `(?:${formats[format]})`;
  });
  return new RegExp(`^${parts.join('')}$`);
}

function objectDifferences(expected: Members, actual: unknown, path: string): string[] {
  if ('$some' in expected) {
    if (!Array.isArray(actual)) return [`${path}: ${shown(actual)} instead of an array`];
    const each = actual.map((one) => differences(expected.$some, one, `${path}.*`));
    if (each.some((found) => found.length === 0)) return [];
    const nearest = each.sort((a, b) => a.length - b.length)[0];
    return nearest ?? [`${path}: is empty`];
  }
  if ('$every' in expected) {
    if (!Array.isArray(actual)) return [`${path}: ${shown(actual)} instead of an array`];
    return actual.flatMap((one, index) => differences(expected.$every, one, `${path}.${index}`));
  }
  if ('$isNot' in expected) {
    const same = differences(expected.$isNot, actual, path).length === 0;
    return same || actual === undefined ? [`${path}: ${shown(actual)}, which must be another`] : [];
  }
  if ('$oneOf' in expected) {
    const matches = (expected.$oneOf as unknown[]).some((one) => differences(one, actual, path).length === 0);
    return matches ? [] : [`${path}: ${shown(actual)} instead of one of ${shown(expected.$oneOf)}`];
  }
  if (!isObject(actual)) return [`${path}: ${shown(actual)} instead of an object`];
  const { $more, ...members } = expected;
  const found: string[] = [];
  const known = new Set<string>();
  for (const [key, value] of Object.entries(members)) {
    const name = key.replace(/\?$/, '');
    known.add(name);
    if (name in actual) found.push(...differences(value, actual[name], `${path}.${name}`));
    else if (name === key) found.push(`${path}.${name}: absent`);
  }
  if ($more === true) return found;
  const added = Object.keys(actual).filter((name) => !known.has(name));
  return [...found, ...added.map((name) => `${path}.${name}: ${shown(actual[name])}, which is not recorded`)];
}

/** @param expected null for headers that must not be there */
export function headerDifferences(
  expected: Record<string, string | null>,
  actual: Readonly<Record<string, string | undefined>>,
): string[] {
  return Object.entries(expected).flatMap(([name, value]) => {
    const given = actual[name];
    if (value === null) return given === undefined ? [] : [`header ${name}: ${shown(given)}, must be absent`];
    if (given === undefined) return [`header ${name}: absent`];
    return textDifference(value, given, `header ${name}`);
  });
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
