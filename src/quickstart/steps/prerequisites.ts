/** Before anything is made: the DPS exists, a hub is linked, the rights are there, the clock is right. */

import { roleCommand } from '../../dps/client/http/missing-role.js';
import { routes } from '../../dps/contract/routes.js';
import { EnrollkitError, lacksRights } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { usesGroup } from '../planned-certificates.js';
import { linkedHubName } from '../planned-enrollment-group.js';
import { previewRequest } from '../request-preview.js';
import type { Outcome, RunContext, Step } from '../step.js';

export const prerequisites: Step = {
  id: 'prerequisites',
  title: (plan) =>
    sentences.quickstartSteps.checkService(plan.target.kind === 'azure' ? plan.target.dpsName : undefined),
  preview: (plan) => ({
    makes: [],
    requests: [
      previewRequest(plan, 'arm', routes.arm.getService),
      ...(usesGroup(plan)
        ? [
            previewRequest(plan, 'arm', routes.arm.getPermissions),
            previewRequest(plan, 'service', routes.service.getEnrollmentGroup, {
              enrollmentGroupId: plan.enrollmentGroup.id,
            }),
          ]
        : [
            previewRequest(plan, 'service', routes.service.getEnrollment, {
              registrationId: plan.devices.registrationIds[0]!,
            }),
          ]),
    ],
  }),
  async check(context) {
    const { plan, service, signal, found } = context;
    if (plan.certificates.encryptKeys && context.passphrase === undefined) {
      throw new EnrollkitError('PASSPHRASE_REQUIRED', sentences.quickstartSteps.passphraseNeeded);
    }
    const hubs = await checkControlPlane(context);
    // Asked for now so that a policy without rights is found before anything is made.
    const asked = usesGroup(plan)
      ? service.getEnrollmentGroup(plan.enrollmentGroup.id, { signal })
      : service.getEnrollment(plan.devices.registrationIds[0]!, { signal });
    await withServiceRights(asked, context);
    return (say) => say.idScope(String(found.idScope), hubs(say));
  },
};

/** Without rights on Azure Resource Manager, the service plane opens with a shared access policy only. */
async function withServiceRights(call: Promise<unknown>, { target, found }: RunContext): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!lacksRights(error) || found.controlPlane) throw error;
    const given = typeof target.service === 'object';
    throw new EnrollkitError(
      error.code,
      given ? error.message : sentences.quickstartSteps.noAccess(target.dpsName),
      {
        next: sentences.quickstartSteps.giveConnectionString,
        cause: error,
      },
    );
  }
}

/** @returns what to say of the hubs */
async function checkControlPlane(context: RunContext): Promise<Outcome> {
  const { plan, control, target, signal, found } = context;
  const portal = plan.certificateAuthority.proofOfPossession === 'portal';
  try {
    const service = await control.getService({ signal });
    found.controlPlane = true;
    found.idScope = service.properties.idScope;
    found.linkedHubs = service.properties.iotHubs ?? [];
  } catch (error) {
    if (!portal || !lacksRights(error)) throw error;
    if (target.idScope === undefined) {
      throw new EnrollkitError('NEEDS_INPUT', sentences.quickstartSteps.idScopeNeeded, {
        next: sentences.quickstartSteps.giveIdScope,
        cause: error,
      });
    }
    found.controlPlane = false;
    found.idScope = target.idScope;
    return (say) => say.notReadable;
  }
  const uploads = usesGroup(plan) && !portal;
  const missing = !uploads ? [] : await control.missingPermissions(neededActions, { signal });
  if (missing.length > 0) {
    throw new EnrollkitError('FORBIDDEN', sentences.quickstartSteps.rightsMissing(target.dpsName, missing), {
      next: howToGetRights(target),
      context: { missingPermissions: missing },
    });
  }
  return checkHubs(context);
}

function howToGetRights({ subscriptionId, resourceGroup, dpsName }: RunContext['target']): string {
  const scope = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Devices/provisioningServices/${dpsName}`;
  const command = roleCommand({ role: 'Contributor', scope, assignee: undefined });
  return sentences.dpsClient.assignRole('Contributor', command, true);
}

function checkHubs({ plan, target, found }: RunContext): Outcome {
  const hubs = found.linkedHubs ?? [];
  if (hubs.length === 0) {
    throw new EnrollkitError('NO_LINKED_HUB', sentences.quickstartSteps.noLinkedHub(target.dpsName));
  }
  for (const wanted of plan.enrollmentGroup.iotHubs ?? []) {
    if (!linkedHubName(target.kind, hubs, wanted)) {
      const names = hubs.map(({ name }) => name);
      throw new EnrollkitError(
        'HUB_NOT_LINKED',
        sentences.quickstartSteps.hubNotLinked(wanted, target.dpsName, names),
      );
    }
  }
  return (say) => (hubs.length === 1 ? say.oneHub(hubs[0]!.name) : say.hubs(hubs.length));
}

const certificates = 'Microsoft.Devices/provisioningServices/certificates';
/** The operations of Azure's role-based access control that an automatic proof of possession takes. */
export const neededActions = [
  `${certificates}/Read`,
  `${certificates}/Write`,
  `${certificates}/generateVerificationCode/Action`,
  `${certificates}/verify/Action`,
];
