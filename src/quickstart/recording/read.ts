/** Reads recordings, which may come from anybody: nothing in one reaches a path, a terminal or a socket unchecked. */
import { EnrollkitError } from '../../errors.js';
import { type JsonSource, JsonSyntaxError, parseJsonSource } from '../../json-source.js';
import { sentences } from '../../languages/language.js';
import { readGivenFile } from '../../workspace/given-file.js';
import { planProblem, problemLines } from '../plan/plan-problem.js';
import { maxTextLength, type Recording, recordingSchema, recordingVersion } from './schema.js';
import { firstUnprintable } from './unprintable.js';

/** A run with the most devices that a plan can have takes a fifth of it. */
const maxBytes = 64 * 1024 * 1024;
/** No reply of a service is nested as deeply. */
const maxDepth = 64;

/**
 * @throws EnrollkitError INVALID_RECORDING, naming the file or lines and columns, also for a recording of a newer
 *   release
 */
export function readRecording(path: string): Recording {
  let json: string;
  try {
    json = readGivenFile(path, { maxBytes }).toString('utf8');
  } catch (error) {
    throw invalid((error as Error).message, error);
  }
  return parseRecording(json, path);
}

/** @throws EnrollkitError INVALID_RECORDING, naming lines and columns */
export function parseRecording(json: string, source: string): Recording {
  const file = parse(json, source);
  const place = (path: readonly PropertyKey[], key?: string) => {
    const { line, column } = file.placeOf(path, key);
    return `${source}:${line}:${column}: `;
  };
  const { version } = (file.value ?? {}) as { version?: unknown };
  if (typeof version === 'number' && version > recordingVersion) {
    throw new EnrollkitError(
      'INVALID_RECORDING',
      `${place(['version'])}${sentences.recording.newerVersion(version, recordingVersion)}`,
      { next: sentences.recording.update },
    );
  }
  const unsafe = unsafeText(file.value, []);
  if (unsafe)
    throw invalid(`${place(unsafe.path, unsafe.key)}${sentences.recording.problem(unsafe.problem)}`);
  const result = recordingSchema.safeParse(file.value, { reportInput: true });
  if (result.success) return result.data as Recording;
  const problems = result.error.issues.map((issue) => {
    const key = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
    return `${place(issue.path, key)}${planProblem(issue)}`;
  });
  throw invalid(problemLines(problems));
}

function parse(json: string, source: string): JsonSource {
  try {
    return parseJsonSource(json);
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause;
    const { line, column } = cause.place;
    throw invalid(`${source}:${line}:${column}: ${sentences.recording.problem(cause.problem)}`, cause);
  }
}

interface Unsafe {
  path: PropertyKey[];
  key?: string;
  problem: string;
}

function textProblem(text: string): string | undefined {
  if (text.length > maxTextLength) {
    return sentences.recording.textTooLong(text.length, maxTextLength);
  }
  const found = firstUnprintable(text);
  if (found === undefined) return undefined;
  const code = found.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
  return sentences.recording.controlCharacter(code);
}

/** What must not be in any value, since values are shown, and looked into without a schema. */
function unsafeText(value: unknown, path: PropertyKey[]): Unsafe | undefined {
  if (typeof value === 'string') {
    const problem = textProblem(value);
    return problem === undefined ? undefined : { path, problem };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (path.length > maxDepth) return { path, problem: sentences.recording.tooDeep };
  for (const [key, member] of Object.entries(value)) {
    const problem = textProblem(key);
    if (problem !== undefined) return { path, key, problem };
    const unsafe = unsafeText(member, [...path, Array.isArray(value) ? Number(key) : key]);
    if (unsafe) return unsafe;
  }
  return undefined;
}

function invalid(message: string, cause?: unknown): EnrollkitError {
  return new EnrollkitError('INVALID_RECORDING', message, cause === undefined ? {} : { cause });
}
