/** An individual enrollment for each device: created, or brought to what the plan says when it is the run's own. */

import { routes } from '../../dps/contract/routes.js';
import type { IndividualEnrollment } from '../../dps/contract/schemas.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { JournalTarget } from '../../workspace/journal.js';
import { usesGroup } from '../planned-certificates.js';
import { changedEnrollment, differences, individualEnrollmentOf } from '../planned-enrollment-group.js';
import { previewRequest } from '../request-preview.js';
import { withTwinMark } from '../resource-tags.js';
import { forEachOf, type RunContext, requireFound, type Step } from '../step.js';

/** DPS takes 200 changes of enrollments a minute; a few at a time stay below it with the time that each takes. */
const concurrency = 8;

export const individualEnrollments: Step = {
  id: 'individual-enrollments',
  title: (plan) => sentences.quickstartSteps.createEnrollments(plan.devices.registrationIds.length),
  applies: (plan) => !usesGroup(plan),
  preview: (plan) => ({
    makes: plan.devices.registrationIds.map((id) => sentences.quickstartSteps.individualEnrollment(id)),
    requests: plan.devices.registrationIds.flatMap((registrationId) => {
      const read = previewRequest(plan, 'service', routes.service.getEnrollment, { registrationId });
      const write = previewRequest(plan, 'service', routes.service.putEnrollment, { registrationId });
      return [read, write, read];
    }),
  }),
  async check(context) {
    const { plan, found } = context;
    found.enrollments = new Map();
    const { enrollments } = found;
    const ids = plan.devices.registrationIds;
    await forEachOf(ids, concurrency, async (id) => {
      const existing = await existingEnrollment(context, id);
      if (existing && existing.different.length === 0) enrollments.set(id, existing.enrollment);
    });
    if (enrollments.size < ids.length) return undefined;
    const { provisioningStatus, allocationPolicy } = plan.enrollmentGroup;
    return (say) => say.enrolled([provisioningStatus, allocationPolicy]);
  },
  async act(context) {
    const { plan, found, signal } = context;
    const missing = plan.devices.registrationIds.filter((id) => !requireFound(found, 'enrollments').has(id));
    let done = 0;
    await forEachOf(missing, concurrency, async (id) => {
      signal.throwIfAborted();
      await enroll(context, id);
      done += 1;
      context.progress(sentences.quickstartSteps.doneOf(done, missing.length));
    });
  },
};

async function enroll(context: RunContext, id: string): Promise<void> {
  const { service, signal, journal, journalTarget } = context;
  const wanted = wantedEnrollment(context, id);
  const existing = await existingEnrollment(context, id);
  if (existing) {
    const { enrollment, different } = existing;
    if (different.length === 0) return;
    const changed = changedEnrollment(wanted, enrollment);
    await service.updateEnrollment(changed, enrollment.etag ?? '*', { signal });
    return;
  }
  const thing = enrollmentThing(journalTarget, id);
  journal.intend(thing);
  await service.createEnrollment(wanted, { signal });
  journal.made(thing);
}

function wantedEnrollment({ plan, found, journal, target }: RunContext, id: string): IndividualEnrollment {
  const { pem } = requireFound(found, 'devices').get(id)!;
  const enrollment = individualEnrollmentOf(plan, id, pem, found.linkedHubs ?? [], target);
  return withTwinMark(enrollment, { run: journal.run() });
}

/** @throws EnrollkitError CONFLICT when the enrollment is another one, and no run has made it */
async function existingEnrollment(
  context: RunContext,
  id: string,
): Promise<{ enrollment: IndividualEnrollment; different: string[] } | undefined> {
  const { plan, service, signal, journal, journalTarget } = context;
  const policy = plan.devices.requestCertificates ? 'credential' : undefined;
  const enrollment = await service.getEnrollment(id, { policy, signal });
  if (!enrollment) return undefined;
  const different = differences(wantedEnrollment(context, id), enrollment);
  if (different.length === 0 || journal.has(enrollmentThing(journalTarget, id)))
    return { enrollment, different };
  throw new EnrollkitError('CONFLICT', sentences.quickstartSteps.enrollmentDiffers(id, different), {
    next: sentences.quickstartSteps.otherEnrollment(id),
    context: { registrationId: id },
  });
}

export function enrollmentThing(target: JournalTarget, id: string) {
  return { kind: 'individual-enrollment' as const, target, id };
}
