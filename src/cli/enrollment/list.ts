import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { firstItems, limitFlag } from '../target/list-limit.js';
import { targetFlags } from '../target/target-flags.js';

export const enrollmentList = defineCommand({
  flags: {
    ...limitFlag,
    ...dirFlag,
    ...targetFlags,
    ...outputFlags,
  },
  examples: [
    { line: 'enrollment list', summary: sentences.cliTerminal.ofLastRun },
    { line: 'enrollment list --limit 1000 --json', summary: sentences.cliGroup.devices.examples.limited },
  ],
  async run({ flags }, context) {
    const { withClients } = await import('../target/command-target.js');
    const { shownEnrollment } = await import('../../dps/client/shown-enrollment.js');
    const { enrollmentTable } = await import('./enrollment-text.js');
    const { output, signal } = context;
    const found = await withClients(flags, context, false, async ({ service }) => {
      const { first, isComplete } = await firstItems(service.listEnrollments({ signal }), flags.limit);
      return { enrollments: first, isComplete };
    });
    const { enrollments, isComplete } = found;
    if (output.json) return output.value({ ...found, enrollments: enrollments.map(shownEnrollment) });
    if (enrollments.length === 0)
      return output.result('enrollment.list.empty', sentences.cliEnrollment.empty);
    output.data(enrollmentTable(enrollments));
    if (!isComplete) output.note('enrollment.list.more', sentences.cliTerminal.listCut(enrollments.length));
  },
});
