/** The events of a run as a task list on standard error. The only file that imports listr2. */
import { type DefaultRenderer, Listr, ListrLogger, type ListrTaskWrapper, ProcessOutput } from 'listr2';
import type { RunEvent, StepTitle } from '../../quickstart/events.js';
import type { Output } from '../kernel/output.js';
import { type Progress, plainProgress } from './plain-progress.js';
import { milliseconds, printable, truncate } from './text.js';

type Task = Pick<
  ListrTaskWrapper<unknown, typeof DefaultRenderer, typeof DefaultRenderer>,
  'title' | 'output'
>;
type StepEvent = Exclude<RunEvent, { type: 'phase' }>;

/** The last event of a step, and its listener. */
class StepState {
  readonly title: string;
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

/** One list per phase. A phase that asks questions is shown in plain lines, since nothing may be drawn meanwhile. */
export function listProgress(output: Output): Progress {
  const plain = plainProgress(output);
  const steps = new Map<string, StepState>();
  let drawing: Promise<void> | undefined;
  let interactive = false;
  let stop = () => {};

  const begin = (phase: Extract<RunEvent, { type: 'phase' }>) => {
    steps.clear();
    interactive = phase.interactive;
    // A list that is taller than the screen cannot be redrawn.
    if (interactive || phase.steps.length + 4 > (output.stderr.rows ?? 24)) {
      interactive = true;
      return;
    }
    for (const step of phase.steps) steps.set(step.id, new StepState(step));
    const stopped = new Promise<never>((_, reject) => {
      stop = () => reject(new Error('the run has ended'));
    });
    stopped.catch(() => {});
    const before = drawing;
    drawing = (async () => {
      await before;
      await draw([...steps.values()], stopped, output);
    })();
  };

  return {
    on(event) {
      if (event.type === 'phase') begin(event);
      if (interactive || event.type === 'phase') plain.on(event);
      else steps.get(event.step)?.tell(event);
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

async function draw(steps: StepState[], stopped: Promise<never>, output: Output): Promise<void> {
  const list = new Listr(
    steps.map((step) => ({
      title: printable(step.title),
      task: (_: unknown, task: Task) => Promise.race([stepEnds(step, task, output), stopped]),
    })),
    {
      renderer: 'default',
      forceTTY: true,
      // Its own listener exits with 127 without cleaning up.
      registerSignalListeners: false,
      rendererOptions: {
        logger: new ListrLogger({ processOutput: new ProcessOutput(output.stderr, output.stderr) }),
        formatOutput: 'truncate',
        showErrorMessage: false,
        collapseErrors: false,
      },
    },
  );
  // The failure is reported elsewhere; here it only ends the list.
  await list.run().catch(() => {});
}

function stepEnds(step: StepState, task: Task, output: Output): Promise<void> {
  // The spinner and its margin take three columns.
  const fit = (text: string) => truncate(printable(text), output.width - 4);
  return new Promise((resolve, reject) => {
    step.listen((event) => {
      if (event.type === 'step-progress') task.output = fit(event.text);
      if (event.type === 'step-done') {
        const time = event.already ? '' : ` (${milliseconds(event.elapsedMs)})`;
        const title = printable(step.title);
        const line = fit(`${step.title}: ${event.outcome}${time}`);
        task.title = line.startsWith(title)
          ? output.safe(title + output.style.dim(line.slice(title.length)))
          : line;
        resolve();
      }
      if (event.type === 'step-failed') reject(event.error);
    });
  });
}
