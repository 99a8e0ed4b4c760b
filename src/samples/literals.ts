/** Values as literals of programming languages: whatever is in a text, such as a hostile path, it stays one literal. */

/** What a sample can be filled with. */
export type SampleValue =
  | string
  | number
  | boolean
  | null
  | readonly SampleValue[]
  | { readonly [name: string]: SampleValue };

/** Writes a value in the syntax of a language. */
export type Literal = (value: SampleValue) => string;

/**
 * Control and format characters, among them line ends of some languages (U+0085, U+2028) and those that change the
 * direction of text: escaped, so that source code is what it looks like.
 */
const invisible = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** Half of a surrogate pair, which is no character, is replaced, as where text is written as UTF-8. */
function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\ufffd');
}

/** A string of JSON, which is one of JavaScript, Python, C#, Java and Go, too. */
function jsonString(text: string): string {
  return JSON.stringify(wellFormed(text)).replace(invisible, (character) => utf16Escapes(character));
}

function utf16Escapes(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

/** In one line, if it is short and flat; else an item a line, with two spaces for each level. */
function structured(
  value: SampleValue,
  scalar: (one: string | number | boolean | null) => string,
  indent = '',
): string {
  if (value === null || typeof value !== 'object') return scalar(value);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const inner = `${indent}  `;
  const items = Array.isArray(value)
    ? value.map((item) => structured(item, scalar, inner))
    : Object.entries(value).map(([name, item]) => `${scalar(name)}: ${structured(item, scalar, inner)}`);
  const line = `${open}${items.join(', ')}${close}`;
  const isFlat = Object.values(value).every((item) => item === null || typeof item !== 'object');
  if (isFlat && line.length <= 80) return line;
  return `${open}\n${items.map((item) => inner + item).join(',\n')}\n${indent}${close}`;
}

/** JSON, and every string as in {@link jsonString}. */
export const json: Literal = (value) =>
  structured(value, (one) => (typeof one === 'string' ? jsonString(one) : String(one)));

export const python: Literal = (value) => structured(value, pythonScalar);

function pythonScalar(value: string | number | boolean | null): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'string') return String(value);
  // Python has no surrogates: a character beyond U+FFFF has one escape of eight digits.
  return jsonString(value).replace(/\\ud[89ab]..\\ud[c-f]../g, (pair) => {
    const character = JSON.parse(`"${pair}"`) as string;
    return `\\U${character.codePointAt(0)!.toString(16).padStart(8, '0')}`;
  });
}

/** ASCII: until Java 18, compilers read files in the encoding of the system. */
export const java: Literal = (value) => json(value).replace(/[^\0-\x7f]/gu, utf16Escapes);

/** Go refuses escapes of surrogates, as Python does not know them. */
export const go: Literal = (value) => (typeof value === 'string' ? python(value) : json(value));

/** UTF-8, with octal escapes, which end after three digits whatever follows them. */
export const c: Literal = (value) => {
  if (typeof value !== 'string') return value === null ? 'NULL' : json(value);
  const escaped = wellFormed(value)
    .replace(/["\\]/g, '\\$&')
    // Else, ??/ would be a backslash to some compilers. Adjacent strings are one.
    .replace(/\?(?=\?)/g, '?""')
    .replace(invisible, octalBytes);
  return `"${escaped}"`;
};

/** A word of bash. */
export const shell: Literal = (value) => {
  if (typeof value !== 'string') return value === null ? "''" : json(value);
  const text = wellFormed(value);
  if (text.search(invisible) < 0) return `'${text.replaceAll("'", `'\\''`)}'`;
  return `$'${text.replace(/['\\]/g, '\\$&').replace(invisible, octalBytes)}'`;
};

function octalBytes(character: string): string {
  return [...Buffer.from(character)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
