/**
 * Standard output is data, standard error is for people. What would steer a terminal is escaped here, wherever it comes
 * from: file names, certificates, answers of a server.
 */
import { randomInt } from 'node:crypto';
import { escaped, steeringCharacters } from '../terminal/text.js';

/** ECMA-48 section 8.3.117 (SGR): what begins a style, and what ends it. */
const styleCodes = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], cyan: [36, 39] } as const;

/**
 * Random parameters that mark the style sequences of this process, and are removed when they are written. Sequences in text
 * from elsewhere lack them and are escaped.
 */
const mark = `${randomInt(1000, 10_000)};${randomInt(1000, 10_000)};${randomInt(1000, 10_000)}`;

const styleOrSteering = new RegExp(
  `\\u001b\\[(\\d+);${mark}m|(?!\\r\\n|[\\n\\t\\u200c\\u200d])${steeringCharacters}`,
  'gu',
);

export interface Styles {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  cyan(text: string): string;
}

/** No style, for files. */
export const plainStyles: Styles = {
  bold: (text) => text,
  dim: (text) => text,
  red: (text) => text,
  green: (text) => text,
  cyan: (text) => text,
};

export interface OutputOptions {
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  env: NodeJS.ProcessEnv;
  json: boolean;
  verbose: boolean;
  /** False when `--no-color` is given. */
  color: boolean;
}

export class Output {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Whether standard output gets one JSON object, and nothing else. */
  readonly json: boolean;
  readonly verbose: boolean;
  /** Whether messages and questions begin with their IDs: ENROLLKIT_MESSAGE_IDS=1. */
  readonly messageIds: boolean;
  /** Whether nothing may be redrawn: ENROLLKIT_PLAIN=1, or a terminal that cannot move the cursor. */
  readonly plain: boolean;
  /** For what goes to standard output. */
  readonly dataStyle: Styles;
  /** For what goes to standard error. */
  readonly style: Styles;

  constructor(options: OutputOptions) {
    this.stdout = options.stdout;
    this.stderr = options.stderr;
    this.json = options.json;
    this.verbose = options.verbose;
    this.messageIds = options.env.ENROLLKIT_MESSAGE_IDS === '1';
    this.plain = options.env.ENROLLKIT_PLAIN === '1' || options.env.TERM === 'dumb';
    this.dataStyle = stylesFor(options.stdout, options);
    this.style = stylesFor(options.stderr, options);
  }

  /**
   * Text as a terminal may get it: its control and format characters are escaped, except for line ends, tabs, joiners (as in
   * emoji), and the styles of {@link style} and {@link dataStyle}. JSON stays the same JSON.
   */
  readonly safe = (text: string): string =>
    text.replace(styleOrSteering, (found, code?: string) =>
      code === undefined ? escaped(found) : `\u001b[${code}m`,
    );

  /** Data: a line, or several, on standard output. */
  data(text: string): void {
    const safe = this.safe(text);
    this.stdout.write(safe.endsWith('\n') ? safe : `${safe}\n`);
  }

  /** Data: one value as JSON, on one line when it is read by a line-wise program, else indented. */
  value(value: unknown, { oneLine = false } = {}): void {
    this.data(oneLine ? JSON.stringify(value) : JSON.stringify(value, null, 2));
  }

  /** The answer of a command as a sentence or a report, on standard output. */
  result(id: string, text: string): void {
    this.data(this.withId(id, text));
  }

  /** A message: a note, a warning, what to do next; on standard error. */
  note(id: string, text: string): void {
    this.line(this.withId(id, text));
  }

  /** Lines on standard error that are no message: an empty one, a line of a log, JSON. */
  line(text = ''): void {
    this.stderr.write(`${this.safe(text)}\n`);
  }

  /** A text behind its ID, if IDs are shown; empty lines stay in front. */
  withId(id: string, text: string): string {
    return this.messageIds ? text.replace(/^\n*/, (lines) => `${lines}[${id}] `) : text;
  }

  /** For people who asked for more: with `--verbose` only. */
  detail(text: string): void {
    if (this.verbose) this.line(this.style.dim(text));
  }

  /** Columns of the terminal that people read. */
  get width(): number {
    return this.stderr.columns || 80;
  }
}

/**
 * Whether to colour what goes to a stream: `--no-color`, then NO_COLOR (no-color.org), then FORCE_COLOR, then
 * whether it is a terminal that can.
 */
function wantsColor(
  stream: { isTTY?: boolean },
  { env, color }: { env: NodeJS.ProcessEnv; color: boolean },
): boolean {
  if (!color || (env.NO_COLOR ?? '') !== '') return false;
  if (env.FORCE_COLOR !== undefined) return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return stream.isTTY === true && env.TERM !== 'dumb';
}

function stylesFor(stream: NodeJS.WriteStream, options: { env: NodeJS.ProcessEnv; color: boolean }): Styles {
  if (!wantsColor(stream, options)) return plainStyles;
  const style = (name: keyof Styles) => {
    const [begin, end] = styleCodes[name];
    return (text: string) => `\u001b[${begin};${mark}m${text}\u001b[${end};${mark}m`;
  };
  return {
    bold: style('bold'),
    dim: style('dim'),
    red: style('red'),
    green: style('green'),
    cyan: style('cyan'),
  };
}
