/** JSON (RFC 8259) that a person wrote: its value, and the line and column of everything in it. */

import { createScanner, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { sentences } from './languages/language.js';

/** A place in a text. */
export interface Place {
  /** From 1. */
  line: number;
  /** In UTF-16 code units, from 1. */
  column: number;
}

/** Its message has the place: `line 3, column 7: this is not JSON: a comma belongs here`, without a period. */
export class JsonSyntaxError extends Error {
  override name = 'JsonSyntaxError';
  constructor(
    readonly problem: string,
    readonly place: Place,
  ) {
    super(`line ${place.line}, column ${place.column}: ${problem}`);
  }
}

export interface JsonSource {
  value: unknown;
  /**
   * The place of the value at a path, or of the nearest one above it if there is none.
   *
   * @param key a field of the object at that path: the place of its name instead
   */
  placeOf(path: readonly PropertyKey[], key?: string): Place;
}

/** Deeper than any document in use, also those that programs write; jsonc-parser recurses. */
const maxDepth = 1_000;

/** In UTF-16 code units: how much of a name an error quotes. */
const maxNameLength = 100;

/**
 * Parses strict JSON: no comments, no trailing commas, no name twice in an object (RFC 7493 section 2.3), since only one
 * of the two values would count. A byte order mark is ignored.
 *
 * @throws JsonSyntaxError
 */
export function parseJsonSource(source: string): JsonSource {
  const text = source.replace(/^\uFEFF/, '');
  if (text.trim() === '') throw notJson(sentences.jsonSource.empty, { line: 1, column: 1 });
  assertShallow(text);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const [error] = errors;
  if (error) {
    throw notJson(problemOf(error, error.offset >= text.length), placeAt(text, error.offset));
  }
  const value = parsed(text);
  if (root) assertUniqueNames(root, text);
  return {
    value,
    placeOf(path, key) {
      const node = root && nearest(root, path);
      const property = key === undefined || node === undefined ? undefined : propertyOf(node, key);
      return placeAt(text, (property ?? node)?.offset ?? 0);
    },
  };
}

function assertShallow(text: string): void {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (scanner.scan(); scanner.getTokenOffset() < text.length; scanner.scan()) {
    const start = scanner.getTokenOffset();
    // Strings begin with their quote.
    if ('{['.includes(text[start]!)) depth += 1;
    if ('}]'.includes(text[start]!)) depth -= 1;
    if (depth > maxDepth) throw new JsonSyntaxError(sentences.jsonSource.tooDeep, placeAt(text, start));
  }
}

/** jsonc-parser skips some white space that is not JSON's. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { message } = error as SyntaxError;
    throw notJson(message, placeAt(text, Number(/position (\d+)/.exec(message)?.[1] ?? 0)));
  }
}

function notJson(problem: string, place: Place): JsonSyntaxError {
  return new JsonSyntaxError(sentences.jsonSource.notJson(problem), place);
}

/** @throws JsonSyntaxError at the second of two fields with the same name */
function assertUniqueNames(node: Node, text: string): void {
  const names = new Set<unknown>();
  for (const child of node.children ?? []) {
    if (child.type === 'property') {
      const name = child.children?.[0]?.value;
      if (names.has(name)) {
        throw new JsonSyntaxError(
          sentences.jsonSource.fieldTwice(JSON.stringify(String(name).slice(0, maxNameLength))),
          placeAt(text, child.offset),
        );
      }
      names.add(name);
    }
    assertUniqueNames(child, text);
  }
}

function propertyOf(node: Node, name: string): Node | undefined {
  return node.type === 'object'
    ? node.children?.find(({ children }) => children?.[0]?.value === name)
    : undefined;
}

function nearest(root: Node, path: readonly PropertyKey[]): Node {
  let node = root;
  for (const step of path) {
    const next =
      node.type === 'array' ? node.children?.[Number(step)] : propertyOf(node, String(step))?.children?.[1];
    if (next === undefined) return node;
    node = next;
  }
  return node;
}

function problemOf({ error }: ParseError, atEnd: boolean): string {
  const expected = (what: string) =>
    atEnd ? sentences.jsonSource.endsWhereExpected(what) : sentences.jsonSource.expectedHere(what);
  switch (printParseErrorCode(error)) {
    case 'PropertyNameExpected':
      return expected(sentences.jsonSource.fieldName);
    case 'ValueExpected':
      return expected(sentences.jsonSource.value);
    case 'ColonExpected':
      return expected(sentences.jsonSource.colon);
    case 'CommaExpected':
      return expected(sentences.jsonSource.comma);
    case 'CloseBraceExpected':
      return expected('}');
    case 'CloseBracketExpected':
      return expected(']');
    case 'EndOfFileExpected':
      return sentences.jsonSource.afterEnd;
    case 'InvalidCommentToken':
    case 'UnexpectedEndOfComment':
      return sentences.jsonSource.noComments;
    case 'InvalidNumberFormat':
    case 'UnexpectedEndOfNumber':
      return sentences.jsonSource.notANumber;
    case 'UnexpectedEndOfString':
      return sentences.jsonSource.openString;
    case 'InvalidUnicode':
    case 'InvalidEscapeCharacter':
      return sentences.jsonSource.invalidEscape;
    case 'InvalidCharacter':
      return sentences.jsonSource.controlCharacter;
    default:
      return sentences.jsonSource.unknownWord;
  }
}

function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}
