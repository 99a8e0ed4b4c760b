/**
 * The commands that README.md and docs/ show, for the test that runs them and the script that writes down what they
 * print.
 *
 * Comments before a fence say what the reader does not see:
 *
 *     <!-- first: enrollkit quickstart --yes -->   a command that runs before the block
 *     <!-- not run: it needs Azure -->             why the block is not run
 *     <!-- run by test/cli/replay.test.ts -->      the test that runs it instead
 *     <!-- exits with 13 -->                       the exit status of the last command, if it is not 0
 *     <!-- file: seed.json -->                     the block is a file, which later commands read
 *
 * Commands with --step run in a terminal, where Enter answers each question.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const byNpx = '(npx (--no-install )?)?';
const isOurs = new RegExp(`^${byNpx}enrollkit( |$)`);

/** Where `enrollkit` is, for commands that a shell runs. */
const binaries = fileURLToPath(new URL('../node_modules/.bin', import.meta.url));

export interface Block {
  /** What is behind the opening fence: `sh`, `console`, `ts no-run`, or nothing. */
  readonly language: string;
  readonly text: string;
  /** The line of its opening fence, from 1. */
  readonly line: number;
  /** Where {@link text} begins in the document. */
  readonly start: number;
  readonly first: readonly string[];
  readonly notRun?: string;
  readonly runBy?: string;
  readonly exitsWith?: number;
  readonly file?: string;
}

/** The fenced blocks of a document, with the comments before them. */
export function blocksOf(document: string): Block[] {
  const fences = /((?:^<!-- .* -->\n)*)^```([^\n]*)\n([\s\S]*?)^```$/gm;
  return [...document.matchAll(fences)].map((match) => {
    const [whole, comments, language, text] = match as unknown as [string, string, string, string];
    const start = match.index + whole.length - text.length - 3;
    const all = (kind: RegExp) => [...comments.matchAll(kind)].map(([, value]) => value!);
    const [notRun] = all(/^<!-- not run: (.*) -->$/gm);
    const [runBy] = all(/^<!-- run by (\S+) -->$/gm);
    const [exitsWith] = all(/^<!-- exits with (\d+) -->$/gm);
    const [file] = all(/^<!-- file: (\S+) -->$/gm);
    return {
      ...{ language, text, start, first: all(/^<!-- first: (.*) -->$/gm) },
      line: document.slice(0, start).split('\n').length - 1,
      ...(notRun === undefined ? {} : { notRun }),
      ...(runBy === undefined ? {} : { runBy }),
      ...(exitsWith === undefined ? {} : { exitsWith: Number(exitsWith) }),
      ...(file === undefined ? {} : { file }),
    };
  });
}

/** Whether a block has commands to type, and is not a file. A block without a language has, if a line begins like one. */
export function hasCommands({ language, text, file }: Block): boolean {
  if (file !== undefined) return false;
  if (['sh', 'bash', 'console', 'powershell'].includes(language)) return true;
  return language === '' && /^(\$ |enrollkit |npx |npm |az |openssl )/m.test(text);
}

export interface Command {
  /** As it is typed, on one line and without its comment. */
  readonly line: string;
  /** As it is in the document. */
  readonly source: string;
  /** What it prints, of a `console` block. */
  readonly printed?: string;
}

const withoutComment = (line: string) => line.replace(/\s+# .*$/, '').trimEnd();
const joined = (source: string) =>
  source
    .split(/\\\n/)
    .map(withoutComment)
    .map((part, index) => (index === 0 ? part : part.trim()))
    .join(' ');

/** The commands of a block, in their order. */
export function commandsOf({ language, text }: Block): Command[] {
  if (language === 'console') {
    return [...text.matchAll(/^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)/gm)].map(([, source, printed]) => ({
      ...{ line: joined(source!), source: source!, printed: printed! },
    }));
  }
  return [...text.matchAll(/^(?!\s*#)((?:.*\\\n)*.*\S.*)$/gm)].map(([, source]) => ({
    ...{ line: joined(source!), source: source! },
  }));
}

/** The arguments of a command line, as a shell splits it; there are no escapes. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''),
  );
}

/** What `ca code` prints; where a document types it, it may also write CODE. */
export const verificationCode = /\b[0-9A-F]{48}\b/;

/** Runs a program in a terminal, and presses Enter at each of its questions. */
const inTerminal = `
import os, pty, sys
def read(terminal):
    shown = os.read(terminal, 65536)
    if b"Enter" in shown:
        os.write(terminal, b"\\r")
    return shown
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:], read)))
`;

/** What a command did. */
export interface Ran {
  readonly status: number;
  /** Standard output and standard error, in their order. */
  readonly printed: string;
  readonly stdout: string;
}

/** Runs enrollkit with arguments, in a folder. */
export type RunEnrollkit = (
  words: readonly string[],
  options: { cwd: string; env: Record<string, string> },
) => Promise<Ran>;

/** Runs the commands of one document as in one terminal: its folder and its variables stay. */
export class DocumentShell {
  readonly #run: RunEnrollkit;
  readonly #fixedPorts: boolean;
  readonly #env: Record<string, string> = {};
  #cwd: string;
  #code = 'CODE';
  #status = 0;

  /**
   * @param fixedPorts whether an emulator listens on its usual ports; otherwise on free ones
   */
  constructor(folder: string, run: RunEnrollkit, { fixedPorts }: { fixedPorts: boolean }) {
    this.#cwd = folder;
    this.#run = run;
    this.#fixedPorts = fixedPorts;
  }

  /** Stops the emulators that commands have started. */
  async stopEmulators(): Promise<void> {
    for (const [cwd, words] of this.#started.splice(0)) await this.#run(words, { cwd, env: this.#env });
  }
  readonly #started: [cwd: string, words: string[]][] = [];

  /** Writes a file into the folder in which the commands run. */
  write(name: string, text: string): void {
    mkdirSync(dirname(join(this.#cwd, name)), { recursive: true });
    writeFileSync(join(this.#cwd, name), text);
  }

  /** @param line a command line, as a reader types it: enrollkit, also by npx, or another program */
  async type(line: string): Promise<Ran> {
    const typed = line.replace(verificationCode, this.#code).replace(/\bCODE\b/, this.#code);
    const ran = await this.#execute(typed);
    this.#status = ran.status;
    return ran;
  }

  async #execute(line: string): Promise<Ran> {
    const printed = (text: string): Ran => ({ status: 0, printed: text, stdout: text });
    if (line === 'echo $?') return printed(`${this.#status}\n`);
    const [program, ...words] = wordsOf(line);
    if (program === 'cd') {
      this.#cwd = resolve(this.#cwd, words[0]!);
      return printed('');
    }
    if (program === 'mkdir') {
      mkdirSync(join(this.#cwd, words.at(-1)!), { recursive: true });
      return printed('');
    }
    const variables = /^eval "\$\((.*)\)"$/.exec(line)?.[1];
    if (variables !== undefined) {
      const ran = await this.#enrollkit(variables);
      for (const [, name, value] of ran.stdout.matchAll(/^export (\w+)='?([^'\n]*)'?$/gm)) {
        this.#env[name!] = value!;
      }
      return ran;
    }
    const exported = /^export (\w+)=(\S*)$/.exec(line);
    if (exported) {
      this.#env[exported[1]!] = exported[2]!;
      return printed('');
    }
    const isEnrollkit = isOurs.test(line);
    const needsShell = /[|<>;&]|\$\(/.test(line.replace(/'[^']*'|"[^"$]*"/g, ''));
    if (isEnrollkit && !needsShell) return this.#enrollkit(line);
    const { status, stdout, stderr } = spawnSync('sh', ['-c', `exec 2>&1; ${line}`], {
      ...{ cwd: this.#cwd, encoding: 'utf8', timeout: 60_000 },
      env: { ...process.env, ...this.#env, PATH: `${binaries}${delimiter}${process.env.PATH}` },
    });
    return { status: status ?? 1, printed: stdout + stderr, stdout };
  }

  async #enrollkit(line: string): Promise<Ran> {
    const words = wordsOf(line.replace(isOurs, ''));
    const [cwd, env] = [this.#cwd, this.#env];
    if (words[0] === 'emulator' && words[1] === 'start') {
      const dir = words.indexOf('--dir');
      const stop = ['emulator', 'stop', ...(dir < 0 ? [] : ['--dir', words[dir + 1]!])];
      this.#started.push([cwd, stop]);
      if (!this.#fixedPorts) words.push('--port', '0', '--mqtt-port', '0');
    }
    if (words.includes('--step')) return this.#inTerminal(words);
    const ran = await this.#run(words, { cwd, env });
    if (words[0] === 'ca' && words[1] === 'code') this.#code = verificationCode.exec(ran.stdout)?.[0] ?? '';
    return ran;
  }

  /** Asynchronous, since the emulator that it uses may be in this process. */
  async #inTerminal(words: readonly string[]): Promise<Ran> {
    const child = spawn('python3', ['-c', inTerminal, join(binaries, 'enrollkit'), ...words], {
      // A reader sits at a terminal, where CI is not set.
      ...{ cwd: this.#cwd, env: { ...process.env, CI: '', ...this.#env }, timeout: 60_000 },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    const [status] = (await once(child, 'close')) as [number | null];
    return { status: status ?? 1, printed: stdout, stdout };
  }
}

/** What differs from run to run, masked; runs of spaces are one, since widths depend on what was masked. */
export function masked(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) =>
      line
        .replace(/\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT|\w{3} \d\d [\d:]{5}/g, 'DATE')
        .replace(/\d{4}-\d\d-\d\d(T[\d:.-]+Z?| \d\d:\d\dZ?)?/g, 'DATE')
        .replace(/\b\d\d:\d\d:\d\d(\.\d+)?\b/g, 'TIME')
        .replace(/token=[\w-]+/g, 'token=TOKEN')
        .replace(/\b(0ne)?[0-9A-F]{8,}…?/g, 'HEX')
        .replace(/\b[0-9a-f]{16,}\b/g, 'HEX')
        .replace(/(127\.0\.0\.1|localhost)(:\d+)?/g, 'HOST')
        .replace(/\b[\d.]+ (ms|s|min)\b/g, 'DURATION')
        .replace(/\d+ per second/g, 'RATE')
        .replace(/\bv\d+\.\d+\.\d+/g, 'VERSION')
        .replace(/\s+/g, ' ')
        .trim(),
    );
}

/**
 * Whether a command printed what the document shows. In the document, a line of three dots is any number of lines.
 *
 * @returns what differs, or undefined
 */
export function difference(shown: string, printed: string): string | undefined {
  const [wanted, actual] = [masked(shown), masked(printed)];
  const parts: string[][] = [[]];
  for (const line of wanted) {
    if (line === '...') parts.push([]);
    else parts.at(-1)!.push(line);
  }
  let at = 0;
  for (const [index, part] of parts.entries()) {
    const isAt = (place: number) => part.every((line, offset) => actual[place + offset] === line);
    const isLast = index === parts.length - 1;
    if (isLast && index > 0) at = Math.max(at, actual.length - part.length);
    else if (index > 0) while (at < actual.length && !isAt(at)) at += 1;
    if (!isAt(at)) return differing(wanted, actual);
    at += part.length;
  }
  return at >= actual.length ? undefined : differing(wanted, actual);
}

function differing(shown: string[], actual: string[]): string {
  return [
    ...shown.filter((line) => !actual.includes(line)).map((line) => `- ${line}`),
    ...actual.filter((line) => !shown.includes(line)).map((line) => `+ ${line}`),
    ...['printed:', ...actual],
  ].join('\n');
}
