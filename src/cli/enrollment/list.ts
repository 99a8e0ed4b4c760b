import type { IndividualEnrollment } from '../../dps/contract/schemas.js';
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
      summary: 'list at most this many (default: all)',
    }),
    ...dirFlag,
    ...targetFlags,
    ...outputFlags,
  },
  examples: [
    { line: 'enrollment list', summary: 'those of the provisioning service that the last run used' },
    { line: 'enrollment list --limit 1000 --json', summary: 'the first thousand, as JSON' },
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
      return output.result('enrollment.list.empty', 'There are no individual enrollments.');
    output.data(enrollmentTable(enrollments));
    if (!isComplete)
      output.note('enrollment.list.more', `Only the first ${limit} are listed; there are more.`);
  },
});
