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

/** JSON with two spaces, and every string as in {@link jsonString}. */
export const json: Literal = (value) => withStrings(value, '');

function withStrings(value: SampleValue, indent: string): string {
  if (typeof value === 'string') return jsonString(value);
  if (value === null || typeof value !== 'object') return String(value);
  const inner = `${indent}  `;
  const [open, close, items] = Array.isArray(value)
    ? ['[', ']', value.map((item) => withStrings(item, inner))]
    : [
        '{',
        '}',
        Object.entries(value).map(([name, item]) => `${jsonString(name)}: ${withStrings(item, inner)}`),
      ];
  if (items.length === 0) return open + close;
  return `${open}\n${items.map((item) => inner + item).join(',\n')}\n${indent}${close}`;
}

export const python: Literal = (value) => {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  // Python has no surrogates: a character beyond U+FFFF has one escape of eight digits.
  if (typeof value === 'string') {
    return jsonString(value).replace(/\\ud[89ab]..\\ud[c-f]../g, (pair) => {
      const character = JSON.parse(`"${pair}"`) as string;
      return `\\U${character.codePointAt(0)!.toString(16).padStart(8, '0')}`;
    });
  }
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`;
  if (typeof value === 'object') {
    const items = Object.entries(value).map(([name, item]) => `${python(name)}: ${python(item)}`);
    return `{${items.join(', ')}}`;
  }
  return String(value);
};

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
