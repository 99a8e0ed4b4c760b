/** The settings of individual enrollments: those of an enrollment group, with the same flags and checks. */
import type { ControlPlane } from '../../dps/client/arm.js';
import type { EnrollmentMembers } from '../../dps/client/enrollment-members.js';
import type { Target } from '../../dps/client/target.js';
import { defaultPlan } from '../../quickstart/plan/answers.js';
import { enrollmentGroupOf } from '../../quickstart/planned-enrollment-group.js';
import type { FlagValues } from '../kernel/flags.js';
import { enrollmentGroupFlagsOf, type individualEnrollmentFlags } from './plan-flags.js';
import { planFrom } from './plan-input.js';

type GivenFlags = FlagValues<typeof individualEnrollmentFlags>;

export type EnrollmentSettings = Omit<EnrollmentMembers, 'attestation'>;

export interface SettingsAtTarget {
  /** Set by flags. */
  given: EnrollmentSettings;
  /** The same, with defaults for what no flag sets. */
  all: EnrollmentSettings;
}

/** The flag that sets each member. */
const flagOf: Record<keyof EnrollmentSettings, keyof GivenFlags> = {
  allocationPolicy: 'allocationPolicy',
  customAllocationDefinition: 'webhookUrl',
  capabilities: 'iotEdge',
  initialTwin: 'initialTwin',
  iotHubs: 'hub',
  provisioningStatus: 'provisioningStatus',
  reprovisionPolicy: 'reprovisionPolicy',
};

/**
 * Reads the flags; `at` then puts the hubs into the form in which the provisioning service names them.
 *
 * @throws EnrollkitError INVALID_PLAN, USAGE, FILE_UNREADABLE
 */
export function enrollmentSettings(flags: GivenFlags): {
  at(target: Target, control: ControlPlane, signal: AbortSignal): Promise<SettingsAtTarget>;
} {
  const plan = planFrom(enrollmentGroupFlagsOf(flags), defaultPlan);
  return {
    async at(target, control, signal) {
      // In Azure, hubs are given by their host names, so Resource Manager need not be asked.
      const needsHubs = plan.enrollmentGroup.iotHubs && target.kind === 'emulator';
      const linkedHubs = needsHubs ? (await control.getService({ signal })).properties.iotHubs : [];
      const group = enrollmentGroupOf(plan, { pem: '' }, linkedHubs ?? [], target);
      const { enrollmentGroupId: _id, attestation: _attestation, ...all } = group;
      const isGiven = ([member]: [string, unknown]) =>
        flags[flagOf[member as keyof EnrollmentSettings]] !== undefined;
      return { all, given: Object.fromEntries(Object.entries(all).filter(isGiven)) };
    },
  };
}
