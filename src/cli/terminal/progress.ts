/** The events of a run at a terminal: finished steps as lines that stay, the current one redrawn. The only file that imports listr2. */

import { type DefaultRenderer, Listr, ListrLogger, type ListrTaskWrapper, ProcessOutput } from 'listr2';
import { sentences } from '../../languages/language.js';
import type { RunEvent, StepTitle } from '../../quickstart/events.js';
import type { Output } from '../kernel/output.js';
import { type Progress, plainProgress } from './plain-progress.js';
import { milliseconds, noBreakSpace, printable, truncate, wrap } from './text.js';

type Task = Pick<
  ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof DefaultRenderer>,
  'title' | 'output'
>;
type StepEvent = Exclude<RunEvent, { type: 'phase' }>;

/** The last event of a step, and its listener. */
class StepState {
  readonly title: string;
  /** Resolves when nothing of it is drawn any more. */
  drawing: Promise<void> | undefined;
  #last: StepEvent | undefined;
  #listener: ((event: StepEvent) => void) | undefined;

  constructor({ title }: StepTitle) {
    this.title = title;
  }

  tell(event: StepEvent): void {
    this.#last = event;
    this.#listener?.(event);
  }

  listen(listener: (event: StepEvent) => void): void {
    this.#listener = listener;
    if (this.#last) listener(this.#last);
  }
}

/**
 * One step is drawn at a time, so that nothing taller than the screen is ever redrawn. A phase that asks questions is shown
 * in plain lines, since nothing may be drawn meanwhile.
 */
export function listProgress(output: Output, signal: AbortSignal): Progress {
  const plain = plainProgress(output);
  const steps = new Map<string, StepState>();
  let drawing: Promise<void> | undefined;
  let interactive = false;
  let stop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(new Error('the run has ended'));
  });
  stopped.catch(() => {});

  return {
    on(event) {
      if (event.type === 'phase') {
        interactive = event.interactive;
        for (const step of event.steps) steps.set(step.id, new StepState(step));
      }
      if (interactive || event.type === 'phase') return plain.on(event);
      const step = steps.get(event.step);
      if (!step) return;
      step.tell(event);
      if (step.drawing) return;
      const before = drawing;
      step.drawing = (async () => {
        await before;
        await draw(step, stopped, output, signal);
      })();
      drawing = step.drawing;
    },
    async settled() {
      await drawing;
    },
    async end() {
      stop();
      await drawing;
    },
  };
}

async function draw(
  step: StepState,
  stopped: Promise<never>,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const drawn = new AbortController();
  const list = new Listr(
    [
      {
        title: printable(step.title),
        task: (_: unknown, task: Task) =>
          Promise.race([stepEnds(step, task, output, signal, drawn.signal), stopped]),
      },
    ],
    {
      renderer: 'default',
      forceTTY: true,
      // Its own listener exits with 127 without cleaning up.
      registerSignalListeners: false,
      rendererOptions: {
        logger: new ListrLogger({ processOutput: new ProcessOutput(output.stderr, output.stderr) }),
        formatOutput: 'wrap',
        showErrorMessage: false,
        collapseErrors: false,
      },
    },
  );
  // The failure is reported elsewhere; here it only ends the list.
  await list.run().catch(() => {});
  drawn.abort();
}

/** @param drawn aborted once the step is drawn no more: the task has no output then */
function stepEnds(
  step: StepState,
  task: Task,
  output: Output,
  signal: AbortSignal,
  drawn: AbortSignal,
): Promise<void> {
  // The spinner and its margin take three columns.
  const show = (text: string) => {
    task.output = truncate(printable(text), output.width - 4);
  };
  return new Promise((resolve, reject) => {
    // Other lines are held back while a step is drawn: Ctrl-C would seem to be ignored.
    const interrupted = () => show(sentences.cliKernel.interrupting);
    if (signal.aborted) interrupted();
    else signal.addEventListener('abort', interrupted, { signal: drawn });
    step.listen((event) => {
      if (event.type === 'step-progress' && !signal.aborted) show(event.text);
      if (event.type === 'step-done') {
        const outcome = printable(sentences.cliTerminal.stepOutcome('', event.outcome));
        // The time and its unit stay together.
        const time = event.already ? '' : ` (${milliseconds(event.elapsedMs, noBreakSpace)})`;
        const title = printable(step.title) + output.style.dim(outcome + time);
        // One column less than listr2 has room for: wrap-ansi would break a line that fills it again.
        task.title = output.safe(wrap(title, output.width - 5));
        resolve();
      }
      if (event.type === 'step-failed') reject(event.error);
    });
  });
}
