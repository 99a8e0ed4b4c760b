/** What a run would make and send, without making or sending anything. */
import { layoutOf } from '../store/layout.js';
import type { Plan } from './plan.js';
import type { Preview } from './result.js';
import { stepsOf } from './steps/index.js';

/**
 * A dry run: what a first run of this plan makes, and every request that it sends. What is done already is skipped
 * when the plan is really run; nothing is looked up here.
 */
export function previewQuickstart(plan: Plan, folder: string): Preview {
  const layout = layoutOf(folder);
  return {
    steps: [
      ...stepsOf(plan).map((step) => ({
        id: step.id,
        title: step.title(plan),
        ...step.preview(plan, layout),
      })),
      {
        id: 'files',
        title: 'Keep the plan, the journal and the program',
        makes: [layout.plan, layout.journal, layout.enrollmentGroupProgram],
        requests: [],
      },
    ],
  };
}
