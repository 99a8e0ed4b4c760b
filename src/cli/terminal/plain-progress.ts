/** The events of a run as plain lines, for logs and pipes. */
import type { RunEvent } from '../../quickstart/events.js';
import type { Output } from '../kernel/output.js';
import { milliseconds } from './text.js';

/** Shows the events of a run. */
export interface Progress {
  on(event: RunEvent): void;
  /** Resolves when nothing is being drawn; await it before asking a question. */
  settled(): Promise<void>;
  /** Resolves when nothing more will be drawn; call it when the run has ended or failed. */
  end(): Promise<void>;
}

/** One line per step that has ended: `done`, or `ok` if there was nothing to do. */
export function plainProgress(output: Output): Progress {
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
          const mark = event.already ? dim('    ok') : `  ${green('done')}`;
          const time = event.already ? '' : dim(` (${milliseconds(event.elapsedMs)})`);
          output.note(`step.${event.step}`, `${mark}  ${titles.get(event.step)}: ${event.outcome}${time}`);
          return;
        }
        case 'step-failed':
          output.note(
            `step.${event.step}`,
            `${red(event.error.code === 'INTERRUPTED' ? 'halted' : 'failed')}  ${titles.get(event.step)}`,
          );
      }
    },
    settled: async () => {},
    end: async () => {},
  };
}
