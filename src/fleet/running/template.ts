/**
 * Templates of what running devices send: JSON, in which an object with one member such as `$counter` stands for a value that
 * changes from message to message.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod';
import { sentences } from '../../languages/language.js';
import { shortened } from '../../pki/path/failure.js';

const finite = z.number().min(-1e15).max(1e15);

const generators = {
  $deviceId: z.strictObject({}),
  $timestamp: z.strictObject({ format: z.enum(['iso8601', 'seconds', 'milliseconds']).default('iso8601') }),
  $counter: z.strictObject({ start: finite.default(0), step: finite.default(1) }),
  $randomWalk: z
    .strictObject({
      start: finite,
      step: finite.min(0).default(1),
      minimum: finite.optional(),
      maximum: finite.optional(),
      decimals: z.int().min(0).max(10).default(2),
    })
    .refine(({ start, minimum = start, maximum = start }) => minimum <= start && start <= maximum, {
      error: () => sentences.deviceRun.outOfRange,
    }),
  $csv: z.strictObject({ file: z.string().min(1), column: z.string().min(1) }),
} as const;

type GeneratorName = keyof typeof generators;

/** Deeper than any message in use. */
const maxDepth = 32;

/** A template as it is read: any JSON whose generators are well-formed. */
export const templateSchema = z.unknown().superRefine((value, context) => {
  const visit = (node: unknown, path: PropertyKey[]): void => {
    if (path.length > maxDepth) {
      context.addIssue({ code: 'custom', path, message: sentences.deviceRun.tooDeep(maxDepth) });
      return;
    }
    if (Array.isArray(node)) {
      for (const [index, item] of node.entries()) visit(item, [...path, index]);
    } else if (typeof node === 'object' && node !== null) {
      const names = Object.keys(node);
      const odd = names.find((name) => name.startsWith('$'));
      if (odd === undefined) {
        for (const name of names) visit((node as Record<string, unknown>)[name], [...path, name]);
      } else if (!isGenerator(odd) || names.length > 1) {
        context.addIssue({
          code: 'unrecognized_keys',
          keys: [odd],
          path,
          message: isGenerator(odd)
            ? sentences.deviceRun.notAlone(odd)
            : sentences.deviceRun.unknownGenerator(shortened(odd), Object.keys(generators)),
        });
      } else {
        const result = generators[odd].safeParse((node as Record<string, unknown>)[odd], {
          reportInput: true,
        });
        for (const issue of result.error?.issues ?? []) {
          context.issues.push({ ...issue, path: [...path, odd, ...issue.path] } as z.core.$ZodRawIssue);
        }
      }
    }
  };
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return visit(value, []);
  context.addIssue({ code: 'custom', path: [], message: sentences.deviceRun.notAnObject });
});

function isGenerator(name: string): name is GeneratorName {
  return Object.hasOwn(generators, name);
}

/** A column of a CSV file that a template names. */
export interface CsvReference {
  path: PropertyKey[];
  file: string;
  column: string;
}

/** The columns of CSV files that a template names. @param template that {@link templateSchema} accepts */
export function csvReferences(template: unknown, path: PropertyKey[] = []): CsvReference[] {
  if (typeof template !== 'object' || template === null) return [];
  return Object.entries(template).flatMap(([name, value]) =>
    name === '$csv' ? [{ path: [...path, name], ...value }] : csvReferences(value, [...path, name]),
  );
}

export type CsvValue = string | number;

/** Makes the messages of one device. */
export type MessageMaker = (now: Date) => unknown;

/**
 * @param template that {@link templateSchema} accepts
 * @param columnOf the values of a column, at least one
 * @returns makes the maker of a device. The values of a random walk depend on the device's ID alone, so that a second run
 *   sends the same ones
 */
export function messageMakers(
  template: unknown,
  columnOf: (reference: Omit<CsvReference, 'path'>) => readonly CsvValue[],
): (deviceId: string) => MessageMaker {
  const makeWith = (node: unknown, deviceId: string, path: string): MessageMaker => {
    if (typeof node !== 'object' || node === null) return () => node;
    const entries = Object.entries(node);
    const [first] = entries;
    if (first && isGenerator(first[0])) {
      return generatorOf(first[0], first[1], { deviceId, path, columnOf });
    }
    const makers = entries.map(
      ([name, value]) => [name, makeWith(value, deviceId, `${path}/${name}`)] as const,
    );
    if (Array.isArray(node)) return (now) => makers.map(([, make]) => make(now));
    return (now) => Object.fromEntries(makers.map(([name, make]) => [name, make(now)]));
  };
  return (deviceId) => makeWith(template, deviceId, '');
}

function generatorOf(
  name: GeneratorName,
  value: unknown,
  {
    deviceId,
    path,
    columnOf,
  }: {
    deviceId: string;
    path: string;
    columnOf: (reference: Omit<CsvReference, 'path'>) => readonly CsvValue[];
  },
): MessageMaker {
  switch (name) {
    case '$deviceId':
      return () => deviceId;
    case '$timestamp': {
      const { format } = generators.$timestamp.parse(value);
      if (format === 'iso8601') return (now) => now.toISOString();
      return (now) => (format === 'seconds' ? Math.floor(now.getTime() / 1000) : now.getTime());
    }
    case '$counter': {
      const { start, step } = generators.$counter.parse(value);
      let count = -1;
      return () => {
        count += 1;
        return start + count * step;
      };
    }
    case '$randomWalk': {
      const walk = generators.$randomWalk.parse(value);
      const { start, step, minimum = -Infinity, maximum = Infinity, decimals } = walk;
      const random = randomNumbers(`${deviceId}${path}`);
      let at: number | undefined;
      return () => {
        at = at === undefined ? start : at + (random() * 2 - 1) * step;
        at = Math.min(maximum, Math.max(minimum, at));
        return Number(at.toFixed(decimals));
      };
    }
    case '$csv': {
      const values = columnOf(generators.$csv.parse(value));
      let row = -1;
      return () => {
        row = (row + 1) % values.length;
        return values[row];
      };
    }
  }
}

/** Numbers from 0 to 1, the same for the same seed: mulberry32. */
function randomNumbers(seed: string): () => number {
  let state = createHash('sha256').update(seed).digest().readUInt32LE();
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
