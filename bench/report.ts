/** What a bench measured: printed as it is measured, and kept in bench/results, from where `npm run figures` takes it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';

/** One line of a bench. */
export interface BenchLine {
  readonly what: string;
  /** With its unit: `1.031 s`. */
  readonly value: string;
  /** A ratio, or what else belongs to the value. */
  readonly more: string;
}

/** The contents of `bench/results/NAME.json`. */
export interface BenchResult {
  /** How to run it again. */
  readonly command: string;
  readonly node?: string;
  readonly cores: number;
  /** Processes that wanted a core in the minute before the bench. */
  readonly loadBefore?: number;
  /** Of figures that are older than the result files: the document that had them. Node.js and load are not known. */
  readonly copiedFrom?: string;
  /** The day, as in ISO 8601. */
  readonly date: string;
  readonly lines: readonly BenchLine[];
}

export const resultFile = (name: string) => new URL(`results/${name}.json`, import.meta.url);

/** A line as the bench prints it and the documents show it. */
export function lineText({ what, value, more }: BenchLine): string {
  return `${what.padEnd(58)} ${value.padStart(10)}  ${more}`.trimEnd();
}

export class BenchReport {
  readonly #name: string;
  readonly #command: string;
  readonly #loadBefore = Number(loadavg()[0]!.toFixed(1));
  readonly #lines: BenchLine[] = [];

  /**
   * @param name of the file in bench/results, without its ending
   * @param command how to run the bench; the arguments of this run are added
   */
  constructor(name: string, command: string) {
    this.#name = name;
    const given = process.argv.slice(2);
    this.#command = given.length === 0 ? command : [command, '--', ...given].join(' ');
  }

  line(what: string, value: string, more = ''): void {
    const measured = { what, value, more };
    this.#lines.push(measured);
    process.stdout.write(`${lineText(measured)}\n`);
  }

  /** Writes the file, when everything was measured. */
  write(): void {
    const result: BenchResult = {
      command: this.#command,
      node: process.version,
      cores: availableParallelism(),
      loadBefore: this.#loadBefore,
      date: new Date().toISOString().slice(0, 10),
      lines: this.#lines,
    };
    mkdirSync(new URL('results/', import.meta.url), { recursive: true });
    writeFileSync(resultFile(this.#name), `${JSON.stringify(result, null, 2)}\n`);
  }
}
