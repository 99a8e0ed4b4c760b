/** The catalogue as the tests read it: each entry, with every kind of value that its function takes. */
import { readFileSync } from 'node:fs';
import ts from 'typescript';

export interface Entry {
  /** `errors/next/USAGE` */
  path: string;
  /** The parameters of a function; undefined for a text. */
  parameters?: { name: string; type: ts.TypeNode }[];
}

/** The entries of the English catalogue, in its order. */
export function readEntries(): Entry[] {
  const file = new URL('../../src/languages/en.ts', import.meta.url);
  const source = ts.createSourceFile('en.ts', readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const entries: Entry[] = [];
  const visit = (node: ts.Expression, path: string): void => {
    if (ts.isObjectLiteralExpression(node)) {
      for (const member of node.properties) {
        if (!ts.isPropertyAssignment(member)) throw new Error(`${path}: ${member.getText()} is no entry`);
        const name = ts.isComputedPropertyName(member.name) ? member.name.getText() : member.name.text;
        visit(member.initializer, path === '' ? name : `${path}/${name}`);
      }
    } else if (ts.isArrayLiteralExpression(node)) {
      for (const [index, element] of node.elements.entries()) visit(element, `${path}/${index}`);
    } else if (ts.isArrowFunction(node)) {
      const parameters = node.parameters.map(({ name, type }) => {
        if (!type) throw new Error(`${path}: ${name.getText()} has no type`);
        return { name: name.getText(), type };
      });
      entries.push({ path, parameters });
    } else entries.push({ path });
  };
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    const [declared] = statement.declarationList.declarations;
    if (declared?.name.getText() === 'en') visit(declared.initializer!, '');
  }
  return entries;
}

/** What a sample leaves in a text: `⟦0⟧` for a text, 7001 for a number, `⟦2a⟧` and `⟦2b⟧` for a list. */
const traces = /⟦\d+[ab]?⟧|\b70\d\d\b/g;

/** The traces of samples in a text, each once, sorted. */
export function tracesIn(text: string): string[] {
  return [...new Set(text.replace(/(?<=\d),(?=\d{3})/g, '').match(traces) ?? [])].sort();
}

/** The text without them. */
export function withoutTraces(text: string): string {
  return text.replace(/(?<=\d),(?=\d{3})/g, '').replace(traces, ' ');
}

/** Every combination of samples for the parameters of an entry. */
export function samplesFor({ path, parameters = [] }: Entry): unknown[][] {
  return parameters.reduce<unknown[][]>(
    (combinations, { name, type }, index) => {
      const values = samplesOf(type, index);
      if (!values) {
        throw new Error(
          `${path}: ${name} is ${type.getText()}; use string, number, boolean, readonly string[], literals or undefined`,
        );
      }
      return combinations.flatMap((before) => values.map((value) => [...before, value]));
    },
    [[]],
  );
}

function samplesOf(type: ts.TypeNode, index: number): unknown[] | undefined {
  if (ts.isUnionTypeNode(type)) {
    const all = type.types.map((member) => samplesOf(member, index));
    return all.includes(undefined) ? undefined : all.flatMap((values) => values!);
  }
  if (ts.isLiteralTypeNode(type)) {
    const { literal } = type;
    if (ts.isStringLiteral(literal)) return [literal.text];
    if (ts.isNumericLiteral(literal)) return [Number(literal.text)];
    return undefined;
  }
  const text = type.getText();
  if (text === 'string') return [`⟦${index}⟧`];
  if (text === 'number') return [7000 + index, 1];
  if (text === 'boolean') return [true, false];
  if (text === 'undefined') return [undefined];
  if (text === 'readonly string[]') return [[`⟦${index}a⟧`], [`⟦${index}a⟧`, `⟦${index}b⟧`]];
  return undefined;
}

/** The member of a catalogue at a path. */
export function memberAt(catalogue: object, path: string): unknown {
  return path
    .split('/')
    .reduce<unknown>((member, name) => (member as Record<string, unknown> | undefined)?.[name], catalogue);
}

/** Every text that an entry can be, with the samples that it came from. */
export function textsOf(catalogue: object, entry: Entry): { samples: unknown[]; text: string }[] {
  const member = memberAt(catalogue, entry.path);
  if (typeof member === 'string') return [{ samples: [], text: member }];
  const make = member as (...values: unknown[]) => string;
  return samplesFor(entry).map((samples) => ({ samples, text: make(...samples) }));
}
