import type { IndividualEnrollment } from '../../dps/contract/schemas.js';
import { sentences } from '../../languages/language.js';
import { defineCommand } from '../kernel/command.js';
import { dirFlag, outputFlags } from '../kernel/common-flags.js';
import { numberFlag } from '../kernel/flags.js';
import { targetFlags } from '../target/target-flags.js';

export const enrollmentList = defineCommand({
  flags: {
    limit: numberFlag({
      placeholder: 'N',
      minimum: 1,
      maximum: 1_000_000,
      summary: sentences.cliGroup.devices.limit,
    }),
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
    const { enrollmentTable } = await import('./enrollment-text.js');
    const { output, signal } = context;
    const { limit = Number.POSITIVE_INFINITY } = flags;
    const found = await withClients(flags, context, false, async ({ service }) => {
      const enrollments: IndividualEnrollment[] = [];
      let continuation: string | undefined;
      do {
        const page = await service.getEnrollmentPage(continuation, { signal });
        enrollments.push(...page.enrollments);
        continuation = page.continuation;
      } while (continuation !== undefined && enrollments.length <= limit);
      return { enrollments: enrollments.slice(0, limit), isComplete: enrollments.length <= limit };
    });
    const { enrollments, isComplete } = found;
    if (output.json) return output.value(found);
    if (enrollments.length === 0)
      return output.result('enrollment.list.empty', sentences.cliEnrollment.empty);
    output.data(enrollmentTable(enrollments));
    if (!isComplete) output.note('enrollment.list.more', sentences.cliTerminal.listCut(limit));
  },
});
