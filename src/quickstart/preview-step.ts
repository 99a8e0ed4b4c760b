/** What one step would make and send. */
import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { Layout } from '../workspace/layout.js';
import type { Plan } from './plan/fields.js';
import type { Preview } from './result.js';
import type { Step } from './step.js';

export type PreviewedStep = Preview['steps'][number];

/** What a step would make and send on a first run; nothing remote is asked. */
export function previewStep(step: Step, plan: Plan, layout: Layout): PreviewedStep {
  return splitMakes({ id: step.id, title: step.title(plan), ...step.preview(plan, layout) });
}

/** Separates the files that exist already, and stay. */
export function splitMakes({ makes, ...step }: Omit<PreviewedStep, 'keeps'>): PreviewedStep {
  return { ...step, makes: makes.filter((thing) => !isThere(thing)), keeps: makes.filter(isThere) };
}

/** Whether it is a file, and not something remote in words, and exists. */
function isThere(thing: string): boolean {
  return isAbsolute(thing) && existsSync(thing);
}
