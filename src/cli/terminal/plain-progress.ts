/** The events of a run as plain lines, for logs and pipes. */
import { sentences } from '../../languages/language.js';
import type { RunEvent } from '../../quickstart/events.js';
import type { Output } from '../kernel/output.js';
import { milliseconds, noBreakSpace, padStart, wrap } from './text.js';

/** Shows the events of a run. */
export interface Progress {
  on(event: RunEvent): void;
  /** Resolves when nothing is being drawn; await it before asking a question. */
  settled(): Promise<void>;
  /** Resolves when nothing more will be drawn; call it when the run has ended or failed. */
  end(): Promise<void>;
}

/** The state of a step, in its own column. */
function mark(state: string): string {
  return padStart(state, 6);
}

/** Below the text that follows a state. */
const indent = ' '.repeat(mark('').length + 2);

/** One line per step that has ended: `done`, or `ok` if there was nothing to do. At a terminal, it is broken between words. */
export function plainProgress(output: Output): Progress {
  const width = output.stderr.isTTY ? output.width - 1 : undefined;
  const titles = new Map<string, string>();
  const { green, red, dim } = output.style;
  return {
    on(event) {
      switch (event.type) {
        case 'phase':
          for (const { id, title } of event.steps) titles.set(id, title);
          return;
        case 'step-started':
        case 'step-progress':
          return;
        case 'step-done': {
          const state = event.already
            ? dim(mark(sentences.cliTerminal.progress.ok))
            : green(mark(sentences.cliTerminal.progress.done));
          const space = width === undefined ? ' ' : noBreakSpace;
          const time = event.already ? '' : dim(` (${milliseconds(event.elapsedMs, space)})`);
          const text = sentences.cliTerminal.stepOutcome(titles.get(event.step) ?? '', event.outcome) + time;
          const shown = width === undefined ? text : wrap(text, width, indent).trimStart();
          output.note(`step.${event.step}`, `${state}  ${shown}`);
          return;
        }
        case 'step-failed':
          output.note(
            `step.${event.step}`,
            `${red(mark(event.error.code === 'INTERRUPTED' ? sentences.cliTerminal.progress.halted : sentences.cliTerminal.progress.failed))}  ${titles.get(event.step)}`,
          );
      }
    },
    settled: async () => {},
    end: async () => {},
  };
}
