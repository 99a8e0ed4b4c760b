/** The enrollment group: created, or brought to what the plan says when it is the run's own. */

import { routes } from '../../dps/contract/routes.js';
import type { EnrollmentGroup } from '../../dps/contract/schemas.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { usesGroup } from '../planned-certificates.js';
import { changedEnrollment, differences, enrollmentGroupOf } from '../planned-enrollment-group.js';
import { previewRequest } from '../request-preview.js';
import { withTwinMark } from '../resource-tags.js';
import { type RunContext, type Step, signingCa } from '../step.js';
import { uploadedThing } from './upload-ca.js';

export const enrollmentGroup: Step = {
  id: 'enrollment-group',
  title: (plan) => sentences.quickstartSteps.createGroup(plan.enrollmentGroup.id),
  applies: usesGroup,
  preview: (plan) => {
    const parameters = { enrollmentGroupId: plan.enrollmentGroup.id };
    const read = previewRequest(plan, 'service', routes.service.getEnrollmentGroup, parameters);
    const write = previewRequest(plan, 'service', routes.service.putEnrollmentGroup, parameters);
    return {
      makes: [sentences.quickstartSteps.enrollmentGroup(plan.enrollmentGroup.id)],
      requests: [read, write, read],
    };
  },
  async check(context) {
    const there = await existingGroup(context);
    if (!there || there.different.length > 0) return undefined;
    const { group } = there;
    context.found.enrollmentGroup = group;
    return (say) => say.enrolled([`${group.provisioningStatus}`, `${group.allocationPolicy}`]);
  },
  async act(context) {
    const { service, signal, journal } = context;
    const wanted = wantedGroup(context);
    const there = await existingGroup(context);
    if (there) {
      const { group, different } = there;
      if (different.length === 0) return;
      await service.updateEnrollmentGroup(changedEnrollment(wanted, group), group.etag ?? '*', { signal });
      return;
    }
    journal.intend(groupThing(context));
    await service.createEnrollmentGroup(wanted, { signal });
    journal.made(groupThing(context));
  },
};

function wantedGroup(context: RunContext): EnrollmentGroup {
  const { plan, found, journal, target } = context;
  const group = enrollmentGroupOf(plan, signingCa(found), found.linkedHubs ?? [], target);
  const ca = uploadedThing(context);
  const uploadedCa = journal.has(ca) ? { uploadedCa: ca.sha1Thumbprint } : {};
  return withTwinMark(group, { run: journal.run(), ...uploadedCa });
}

/** @throws EnrollkitError CONFLICT when the group is another one, and no run has made it */
async function existingGroup(
  context: RunContext,
): Promise<{ group: EnrollmentGroup; different: string[] } | undefined> {
  const { plan, service, signal } = context;
  const policy = plan.devices.requestCertificates ? 'credential' : undefined;
  const group = await service.getEnrollmentGroup(plan.enrollmentGroup.id, { policy, signal });
  if (!group) return undefined;
  const different = differences(wantedGroup(context), group);
  if (different.length === 0 || isOurs(context)) return { group, different };
  throw new EnrollkitError(
    'CONFLICT',
    sentences.quickstartSteps.groupDiffers(group.enrollmentGroupId, different),
    {
      next: sentences.quickstartSteps.otherGroup,
    },
  );
}

function isOurs(context: RunContext): boolean {
  return context.journal.has(groupThing(context));
}

export function groupThing({ plan, journalTarget }: Pick<RunContext, 'plan' | 'journalTarget'>) {
  return { kind: 'enrollment-group' as const, target: journalTarget, id: plan.enrollmentGroup.id };
}
