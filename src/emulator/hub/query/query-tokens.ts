/**
 * The words, texts, numbers and signs of a query.
 *
 * Source: Microsoft Learn, "IoT Hub query language", expressions and conditions: text stands in apostrophes or quotation
 * marks, numbers are decimal or hexadecimal.
 */

export interface QueryToken {
  kind: 'word' | 'string' | 'number' | 'sign' | 'end';
  /** Of a string, what it stands for. */
  text: string;
  /** Counted in characters from 1. */
  at: number;
}

const pattern =
  /\s*(?:(?<word>[A-Za-z_$][\w$]*)|'(?<single>(?:[^'\\]|\\.|'')*)'|"(?<double>(?:[^"\\]|\\.|"")*)"|(?<number>0[xX][\dA-Fa-f]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<sign><=|>=|!=|<>|[=<>()[\],.*+\-/%]))/y;

/** @returns the tokens, the last one of the kind `end`; or the place of what is none, counted from 1 */
export function queryTokens(query: string): { tokens: QueryToken[]; strange: number | undefined } {
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
  return { tokens, strange: rest.trim() === '' ? undefined : end + rest.search(/\S/) + 1 };
}

/** Escapes, and marks that are doubled to stand for themselves. */
function unescaped(text: string): string {
  return text.replace(
    /\\u([\dA-Fa-f]{4})|\\(.)|''|""/g,
    (all, hexadecimal: string | undefined, escaped: string | undefined) =>
      hexadecimal === undefined
        ? (escaped ?? all[0]!)
        : String.fromCharCode(Number.parseInt(hexadecimal, 16)),
  );
}
