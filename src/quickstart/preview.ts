/** What a run would make and send, without making or sending anything. */
import { sentences } from '../languages/language.js';
import { Journal } from '../workspace/journal.js';
import { assertOwnFolder, layoutOf } from '../workspace/layout.js';
import type { Plan } from './plan/fields.js';
import { assertNotNewer } from './plan/plan.js';
import { usesGroup } from './planned-certificates.js';
import { previewStep, splitMakes } from './preview-step.js';
import type { Preview } from './result.js';
import { stepsOf } from './steps/index.js';

/**
 * A dry run: the files that this plan makes here, and every request that a first run of it sends. What the service
 * has already is skipped when the plan is really run; it is not asked here.
 *
 * @throws EnrollkitError FOLDER_NOT_EMPTY, FILE_UNREADABLE, INVALID_PLAN, as the run would
 */
export function previewQuickstart(plan: Plan, folder: string): Preview {
  const layout = layoutOf(folder);
  assertOwnFolder(layout);
  Journal.open(layout.journal, () => new Date());
  assertNotNewer(layout.plan);
  const files = {
    id: 'files',
    title: sentences.quickstart.keepPlan,
    makes: [layout.plan, layout.journal, ...(usesGroup(plan) ? [layout.enrollmentGroupProgram] : [])],
    requests: [],
  };
  const steps = stepsOf(plan).map((step) => previewStep(step, plan, layout));
  return { steps: [...steps, splitMakes(files)] };
}
