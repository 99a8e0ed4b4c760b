/**
 * Splits a query into words, strings, numbers and signs.
 *
 * Source: Microsoft Learn, "IoT Hub query language", expressions and conditions: strings are in single or double
 * quotes, numbers are decimal or hexadecimal.
 */

export interface QueryToken {
  kind: 'word' | 'string' | 'number' | 'sign' | 'end';
  /** Of a string, its value. */
  text: string;
  /** The position of its first character, counted from 1. */
  at: number;
}

const pattern =
  /\s*(?:(?<word>[A-Za-z_$][\w$]*)|'(?<single>(?:[^'\\]|\\.|'')*)'|"(?<double>(?:[^"\\]|\\.|"")*)"|(?<number>0[xX][\dA-Fa-f]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<sign><=|>=|!=|<>|[=<>()[\],.*+\-/%]))/y;

/**
 * @returns the tokens, the last one of the kind `end`; and the position of the first character that belongs to none,
 *   counted from 1
 */
export function queryTokens(query: string): { tokens: QueryToken[]; invalidAt: number | undefined } {
  const tokens: QueryToken[] = [];
  let end = 0;
  for (;;) {
    pattern.lastIndex = end;
    const match = pattern.exec(query);
    if (match === null) break;
    end = pattern.lastIndex;
    const at = match.index + match[0].search(/\S/) + 1;
    const { word, single, double, number, sign } = match.groups!;
    const text = single ?? double;
    if (text !== undefined) tokens.push({ kind: 'string', text: unescaped(text), at });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word, at });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, at });
    else tokens.push({ kind: 'sign', text: sign!, at });
  }
  const rest = query.slice(end);
  tokens.push({ kind: 'end', text: '', at: query.length + 1 });
  return { tokens, invalidAt: rest.trim() === '' ? undefined : end + rest.search(/\S/) + 1 };
}

/** Resolves escapes and doubled quotes. */
function unescaped(text: string): string {
  return text.replace(
    /\\u([\dA-Fa-f]{4})|\\(.)|''|""/g,
    (all, hexadecimal: string | undefined, escaped: string | undefined) =>
      hexadecimal === undefined
        ? (escaped ?? all[0]!)
        : String.fromCharCode(Number.parseInt(hexadecimal, 16)),
  );
}
