/** Runs steps one after the other: check, act, check again. */

import { EnrollkitError, interruption, isAbort } from '../errors.js';
import { inEnglish, sentences } from '../languages/language.js';
import { damagedFile } from '../package-files.js';
import { fileFault } from '../workspace/files.js';
import type { Emit } from './events.js';
import { type PreviewedStep, previewStep } from './preview-step.js';
import type { RunContext, Step } from './step.js';

export interface StepTiming {
  id: string;
  elapsedMs: number;
  /** It was found done; never so for a step that only looks. */
  already: boolean;
}

/** Waits until a step may begin. */
export type BeforeStep = (step: PreviewedStep, signal: AbortSignal) => Promise<void>;

export interface Watching {
  emit: Emit;
  beforeStep: BeforeStep | undefined;
}

/**
 * @throws EnrollkitError what a step threw; NOT_READ_BACK when a step acted and its check still does not find the
 *   result; INTERRUPTED when the signal was aborted. What was done until then is kept.
 */
export async function runSteps(
  steps: readonly Step[],
  context: Omit<RunContext, 'progress'>,
  watching: Watching,
): Promise<StepTiming[]> {
  const timings: StepTiming[] = [];
  for (const phase of phases(steps, context)) {
    const titles = phase.steps.map((step) => ({ id: step.id, title: step.title(context.plan) }));
    watching.emit({ type: 'phase', interactive: phase.interactive, steps: titles });
    for (const step of phase.steps) timings.push(await runStep(step, context, watching));
  }
  return timings;
}

/** More often, nobody can read it, and drawing it takes longer than registering a device. */
const progressMs = 100;

async function runStep(
  step: Step,
  base: Omit<RunContext, 'progress'>,
  { emit, beforeStep }: Watching,
): Promise<StepTiming> {
  await beforeStep?.(previewStep(step, base.plan, base.layout), base.signal);
  const started = performance.now();
  let toldAt = Number.NEGATIVE_INFINITY;
  const context: RunContext = {
    ...base,
    progress(text) {
      if (performance.now() - toldAt < progressMs) return;
      toldAt = performance.now();
      emit({ type: 'step-progress', step: step.id, text });
    },
  };
  emit({ type: 'step-started', step: step.id });
  try {
    context.signal.throwIfAborted();
    let outcome = await step.check(context);
    const already = outcome !== undefined && step.act !== undefined;
    if (outcome === undefined) {
      await step.act?.(context);
      outcome = await step.check(context);
    }
    if (outcome === undefined) {
      throw new EnrollkitError(
        'NOT_READ_BACK',
        sentences.quickstart.resultNotFound(step.title(context.plan)),
      );
    }
    const elapsedMs = Math.round(performance.now() - started);
    emit({
      type: 'step-done',
      step: step.id,
      outcome: outcome(sentences.quickstartSteps),
      recordedOutcome: inEnglish(() => outcome(sentences.quickstartSteps)),
      already,
      elapsedMs,
    });
    return { id: step.id, elapsedMs, already };
  } catch (thrown) {
    const error = asEnrollkitError(thrown, context.signal);
    emit({ type: 'step-failed', step: step.id, error });
    throw error;
  }
}

/** Any thrown value as an error with a code; one that we did not foresee is a defect of ours. */
export function asEnrollkitError(thrown: unknown, signal: AbortSignal): EnrollkitError {
  const { reason } = signal;
  if (reason instanceof EnrollkitError && !isAbort(reason)) return reason;
  const isOurs = thrown instanceof EnrollkitError;
  if (isOurs && thrown.code === 'INTERRUPTED') return thrown;
  if (signal.aborted || isAbort(thrown)) return interruption(thrown);
  if (isOurs) return thrown;
  const fault = fileFault(thrown);
  if (fault) return fault;
  const damaged = damagedFile(thrown);
  if (damaged !== undefined) {
    const { installationDamaged, reinstall: next } = sentences.quickstart;
    return new EnrollkitError('FILE_UNREADABLE', installationDamaged(damaged), { next, cause: thrown });
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new EnrollkitError('INTERNAL', sentences.quickstart.unexpectedError(message), { cause: thrown });
}

function phases(
  steps: readonly Step[],
  { plan }: Pick<RunContext, 'plan'>,
): { interactive: boolean; steps: Step[] }[] {
  const result: { interactive: boolean; steps: Step[] }[] = [];
  for (const step of steps) {
    const interactive = step.interactive?.(plan) ?? false;
    const last = result.at(-1);
    if (last && last.interactive === interactive) last.steps.push(step);
    else result.push({ interactive, steps: [step] });
  }
  return result;
}
