/** Questions on the enrollment group. */
import { enrollmentGroupIdProblem } from '../../../dps/contract/ids.js';
import { type Plan, planSchema } from '../../../quickstart/plan/plan.js';
import type { Asker } from '../../terminal/asker.js';
import { listOf } from './problems.js';

type EnrollmentGroup = Plan['enrollmentGroup'];

export async function askGroupId(ask: Asker, before: string): Promise<string> {
  return ask.text({
    id: 'enrollmentGroup.id',
    message: 'Enrollment group ID:',
    why: 'One group enrolls all the devices that your CA signs.',
    default: before,
    problem: enrollmentGroupIdProblem,
  });
}

export async function askEnrollmentGroupDetails(
  ask: Asker,
  before: EnrollmentGroup,
  target: Plan['target']['kind'],
): Promise<EnrollmentGroup> {
  const attestation = await ask.select({
    id: 'enrollmentGroup.attestation',
    message: 'How does the group know its devices?',
    default: before.attestation,
    choices: [
      {
        value: 'caReference',
        name: 'By the uploaded CA',
        why: 'The group names the CA that was uploaded and verified.',
      },
      {
        value: 'certificate',
        name: 'By a CA certificate in the group',
        why: 'The certificate of the CA that signs the devices goes into the group.',
      },
    ],
  });
  const allocationPolicy = await ask.select({
    id: 'enrollmentGroup.allocationPolicy',
    message: 'How does a device get its hub?',
    default: before.allocationPolicy,
    choices: [
      {
        value: 'hashed',
        name: 'Evenly',
        why: 'hashed: devices are spread over the hubs by a hash of their IDs.',
      },
      {
        value: 'geoLatency',
        name: 'The nearest',
        why: 'geoLatency: the hub with the lowest latency to the device.',
      },
      { value: 'static', name: 'Always the same', why: 'static: one hub, named in the group.' },
    ],
  });
  return {
    ...before,
    attestation,
    allocationPolicy,
    iotHubs: await askHubs(ask, before.iotHubs, allocationPolicy, target),
    initialTwin: await askInitialTwin(ask, before.initialTwin),
    reprovisionPolicy: await ask.select({
      id: 'enrollmentGroup.reprovisionPolicy',
      message: 'When a device registers again, what of its data?',
      default: before.reprovisionPolicy,
      choices: [
        { value: 'migrate', name: 'It moves along', why: 'To a new hub if need be, twin and all.' },
        { value: 'reset', name: 'It begins anew', why: 'To a new hub if need be, with the initial twin.' },
        { value: 'never', name: 'The device stays', why: 'It keeps the hub that it was first assigned to.' },
      ],
    }),
    iotEdge: await ask.confirm({
      id: 'enrollmentGroup.iotEdge',
      message: 'Are the devices IoT Edge gateways?',
      why: 'Each then also gets a CA certificate for the devices behind it.',
      default: before.iotEdge,
    }),
    provisioningStatus: await ask.select({
      id: 'enrollmentGroup.provisioningStatus',
      message: 'May devices register?',
      default: before.provisioningStatus,
      choices: [
        { value: 'enabled', name: 'Yes', why: 'enabled: a device whose chain is good is assigned.' },
        { value: 'disabled', name: 'Not yet', why: 'disabled: the group is there and refuses everyone.' },
      ],
    }),
  };
}

const allHubs = 'all';

async function askHubs(
  ask: Asker,
  before: readonly string[] | null,
  policy: EnrollmentGroup['allocationPolicy'],
  target: Plan['target']['kind'],
): Promise<string[] | null> {
  const one = policy === 'static';
  const emulated = target === 'emulator' ? ' The emulator has one hub: leave it at all.' : '';
  const answer = await ask.text({
    id: 'enrollmentGroup.iotHubs',
    message: one ? 'Its hub:' : 'Hubs:',
    why: `Host names of linked hubs, with commas between; all means every linked one.${emulated}`,
    default: before?.join(', ') ?? allHubs,
    problem(value) {
      if (value === allHubs) return undefined;
      const hubs = listOf(value);
      if (hubs.length === 0) return 'Name a hub, or all.';
      if (one && hubs.length > 1) return 'The static policy takes exactly one hub.';
      const wrong = hubs.find((hub) => !/^[a-z0-9][a-z0-9.-]*(:\d{1,5})?$/i.test(hub));
      return wrong === undefined ? undefined : `${wrong} is not a host name.`;
    },
  });
  return answer === allHubs ? null : listOf(answer);
}

async function askInitialTwin(
  ask: Asker,
  before: EnrollmentGroup['initialTwin'],
): Promise<EnrollmentGroup['initialTwin']> {
  const answer = await ask.text({
    id: 'enrollmentGroup.initialTwin',
    message: 'Initial twin:',
    why: 'Tags and desired properties of each new device, as JSON on one line: {"tags":{"site":"A"},"properties":{"desired":{"interval":30}}}',
    default: before ? JSON.stringify(before) : 'none',
    problem: initialTwinProblem,
  });
  return answer === 'none' ? null : JSON.parse(answer);
}

function initialTwinProblem(value: string): string | undefined {
  if (value === 'none') return undefined;
  let data: unknown;
  try {
    data = JSON.parse(value);
  } catch {
    return 'This is not JSON yet; or none.';
  }
  const checked = planSchema.shape.enrollmentGroup.shape.initialTwin.safeParse(data);
  if (checked.success) return undefined;
  const [issue] = checked.error.issues;
  return `${issue!.path.join('.') || 'The twin'}: ${issue!.message}.`;
}
