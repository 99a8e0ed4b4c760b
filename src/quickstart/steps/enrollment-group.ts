/** The enrollment group: created, or brought to what the plan says when it is the run's own. */
import { routes } from '../../dps/contract/routes.js';
import { EnrollkitError } from '../../errors.js';
import { differences, enrollmentGroupOf } from '../planned-enrollment-group.js';
import { previewRequest } from '../request-preview.js';
import { type RunContext, type Step, signingCa } from '../step.js';

export const enrollmentGroup: Step = {
  id: 'enrollment-group',
  title: (plan) => `Create the enrollment group ${plan.enrollmentGroup.id}`,
  preview: (plan) => {
    const parameters = { enrollmentGroupId: plan.enrollmentGroup.id };
    const read = previewRequest(plan, 'service', routes.service.getEnrollmentGroup, parameters);
    const write = previewRequest(plan, 'service', routes.service.putEnrollmentGroup, parameters);
    return { makes: [`enrollment group ${plan.enrollmentGroup.id}`], requests: [read, write, read] };
  },
  async check(context) {
    const { plan, service, found, signal } = context;
    const group = await service.getEnrollmentGroup(plan.enrollmentGroup.id, { signal });
    if (!group) return undefined;
    const signer = signingCa(found);
    const different = differences(enrollmentGroupOf(plan, signer, found.linkedHubs ?? []), group, signer);
    if (different.length === 0) {
      found.enrollmentGroup = group;
      return `${group.provisioningStatus}, ${group.allocationPolicy}`;
    }
    if (isOurs(context)) return undefined;
    throw new EnrollkitError(
      'CONFLICT',
      `The enrollment group ${group.enrollmentGroupId} exists, was not made here, and differs in ${different.join(', ')}.`,
      {
        next: 'Choose another with --group ID, or delete that one: enrollkit group delete ID (with the same --dir).',
      },
    );
  },
  async act(context) {
    const { plan, service, found, signal, journal } = context;
    const wanted = enrollmentGroupOf(plan, signingCa(found), found.linkedHubs ?? []);
    const present = await service.getEnrollmentGroup(plan.enrollmentGroup.id, { signal });
    if (present) {
      await service.updateEnrollmentGroup(wanted, present.etag ?? '*', { signal });
      return;
    }
    journal.intend(groupThing(context));
    await service.createEnrollmentGroup(wanted, { signal });
    journal.made(groupThing(context));
  },
};

function isOurs(context: RunContext): boolean {
  return context.journal.has(groupThing(context));
}

function groupThing({ plan, journalTarget }: RunContext) {
  return { kind: 'enrollment-group' as const, target: journalTarget, id: plan.enrollmentGroup.id };
}
