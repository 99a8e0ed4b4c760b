/**
 * The shipped recording with one text replaced by what nobody should be able to use against the reader: such a recording
 * is refused with its place, or it is harmless.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorTable, exitStatus } from '../../src/errors.js';
import { type Answer, run } from '../cli/in-process.js';
import { inTemporaryFolder } from './temporary-folder.js';

const shipped = fileURLToPath(new URL('../../templates/recordings/quickstart.json', import.meta.url));

/** A title of each text, and the text. */
export const hostileTexts: Readonly<Record<string, string>> = {
  'terminal escapes': '\u001b[2J\u001b]0;owned\u0007\u001b]8;;https://evil.example\u001b\\x',
  'eight-bit terminal escapes': '\u009b31m\u009d0;owned\u009c',
  'a path upwards': '../../escaped.txt',
  'a Windows path upwards': '..\\..\\escaped.txt',
  'an absolute path': '/tmp/enrollkit-escaped.txt',
  'a path with NUL': 'ca\u0000/../../escaped.txt',
  'a megabyte': 'x'.repeat(1_048_576),
  'as long as a text may be': 'x'.repeat(65_536),
  'many labels': 'a.'.repeat(32_768),
  'many certificates that do not end': '-----BEGIN A-----\nMII'.repeat(3_000),
  'bidirectional controls': '\u202egnp.exe\u2066\u2069',
  'a lone surrogate': '\ud800x\udfff',
  'the name of the prototype': '__proto__',
  'a member of every function': 'constructor',
  nothing: '',
  'another line of output': 'x\nerror: everything is lost\r\nnext: run rm -rf ~',
  'a URL of another host': 'https://169.254.169.254/latest/meta-data',
};

/** Refused wherever they are, since values are shown, and looked into without a schema. */
export const alwaysRefused = new Set([
  'terminal escapes',
  'eight-bit terminal escapes',
  'a path with NUL',
  'a megabyte',
  'bidirectional controls',
]);

export interface HostileCase {
  /** Keys from the top of the recording to the text. */
  path: readonly string[];
  /** Of {@link hostileTexts}. */
  title: string;
}

/** Every text of the shipped recording with every hostile one in its place. */
export function hostileCases(): HostileCase[] {
  const titles = Object.keys(hostileTexts);
  return textsIn(recorded()).flatMap((path) => titles.map((title) => ({ path, title })));
}

/** One case of each text that is the same part of other steps, requests or certificates. */
export function withoutRepetitions(cases: readonly HostileCase[]): HostileCase[] {
  const kind = ({ path, title }: HostileCase) => `${path.join('.').replace(/\.\d+(?=\.|$)/g, '[]')} ${title}`;
  return [...new Map(cases.map((one) => [kind(one), one])).values()];
}

function recorded(): unknown {
  return JSON.parse(readFileSync(shipped, 'utf8'));
}

function textsIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value === 'string') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => textsIn(member, [...path, key]));
}

/** The recording of a case, as text. */
export function hostileRecording({ path, title }: HostileCase): string {
  const recording = recorded() as any;
  const parent = path.slice(0, -1).reduce((one, key) => one[key], recording);
  parent[path.at(-1)!] = hostileTexts[title];
  return JSON.stringify(recording);
}

export type Outcome = 'refused' | 'read';

/**
 * Compares the recording of a case with the shipped one.
 *
 * @throws AssertionError when it is neither refused with its place nor harmless
 */
export function compareHostile(one: HostileCase): Promise<Outcome> {
  return inTemporaryFolder(async (folder) => {
    const file = join(folder, 'r.json');
    writeFileSync(file, hostileRecording(one));
    const answer = await run(['runs', 'compare', file, shipped, '--json']);
    assertHarmless(answer, one, file);
    assert.deepEqual(filesIn(folder), ['r.json']);
    const plain = await run(['runs', 'compare', file, shipped]);
    assertHarmless(plain, one, file);
    return answer.status === exitStatus.usage ? 'refused' : 'read';
  });
}

/**
 * Replays the recording of a case offline, in a new folder.
 *
 * @throws AssertionError when it is neither refused with its place nor harmless
 */
export function replayHostile(one: HostileCase): Promise<Outcome> {
  return inTemporaryFolder(async (folder) => {
    const file = join(folder, 'r.json');
    writeFileSync(file, hostileRecording(one));
    const answer = await run(['replay', file, '--offline', '--json', '--dir', join(folder, 'in', 'new')]);
    assertHarmless(answer, one, file);
    const outside = filesIn(folder).filter((name) => name !== 'r.json' && !/^in[\\/]new[\\/]/.test(name));
    assert.deepEqual(outside, [], describe(one));
    return answer.status === exitStatus.usage ? 'refused' : 'read';
  });
}

function assertHarmless({ status, stdout, stderr }: Answer, one: HostileCase, file: string): void {
  const what = `${describe(one)}\n${(stdout + stderr).slice(0, 2000)}`;
  assert.doesNotMatch(stdout + stderr, /[^\P{Cc}\n\r\t]|[\u202a-\u202e\u2066-\u2069]/u, what);
  assert.ok(stderr.length < 10_000, `${stderr.length} characters: ${describe(one)}`);
  assert.notEqual(status, exitStatus.internal, what);
  assert.ok(!Object.hasOwn(Object.prototype, 'owned') && Object.keys(Object.prototype).length === 0, what);
  if (alwaysRefused.has(one.title)) assert.equal(status, exitStatus.usage, what);
  if (status !== exitStatus.usage || !stdout.includes('"error"')) return;
  const { code, message } = JSON.parse(stdout).error as { code: keyof typeof errorTable; message: string };
  assert.ok(errorTable[code], what);
  if (code === 'INVALID_RECORDING') assert.ok(message.startsWith(`${file}:`), what);
}

function describe({ path, title }: HostileCase): string {
  return `${title} at ${path.join('.')}`;
}

function filesIn(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
}
