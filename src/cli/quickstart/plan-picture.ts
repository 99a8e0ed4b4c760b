/** A plan as a picture: the chain of certificates, and below it DPS with what refers to that chain; each line explained. */
import type { Plan } from '../../quickstart/plan/fields.js';
import { padEnd, truncate, widest, wrap } from '../terminal/text.js';

export interface PictureOptions {
  /** The certificate folder as it was typed. */
  folder: string;
  /** Columns of the terminal. */
  width: number;
  unicode: boolean;
}

/** A thing in the picture. */
interface Node {
  name: string;
  /** What it is for, for someone who has never made a certificate. */
  meaning: string;
  children?: readonly Node[];
}

const lines = { unicode: ['├─ ', '└─ ', '│  '], ascii: ['|-- ', '`-- ', '|   '] } as const;

/** More devices than this are counted. */
const maxDevices = 3;
const longestName = 36;

export function planPicture(plan: Plan, { folder, width, unicode }: PictureOptions): string {
  const trees = [certificates(plan, folder), provisioning(plan)];
  const rows = trees.flatMap((tree, index) => [
    ...(index === 0 ? [] : [{ left: '', meaning: '' }]),
    ...drawn(tree, lines[unicode ? 'unicode' : 'ascii']),
  ]);
  const cut = (text: string, columns: number) => {
    const short = truncate(text, columns);
    return unicode ? short : short.replace(/…$/, '>');
  };
  const most = Math.min(longestName, Math.floor((width - 3) / 2));
  const column = Math.min(most, widest(rows.map(({ left }) => left)));
  return rows
    .flatMap(({ left, meaning, below }) => {
      const meanings = wrap(meaning, width - column - 5).split('\n');
      const under = (text: string) => `  ${padEnd(below ?? '', column)}  ${text}`.trimEnd();
      // A name is shown whole, since it is what one looks for later.
      if (widest([left]) > column) return [`  ${cut(left, width - 3)}`, ...meanings.map(under)];
      const [first = '', ...more] = meanings;
      return [`  ${padEnd(left, column)}  ${first}`.trimEnd(), ...more.map(under)];
    })
    .map((line) => cut(line, width - 1))
    .join('\n');
}

interface Row {
  left: string;
  meaning: string;
  /** What continues on the left while the meaning takes further lines. */
  below?: string;
}

function drawn(node: Node, [middle, last, through]: readonly [string, string, string], before = ''): Row[] {
  const { name, meaning, children = [] } = node;
  const hang = children.length > 0 ? through : '';
  const rows: Row[] = [{ left: name, meaning, below: hang }];
  for (const [index, child] of children.entries()) {
    const isLast = index === children.length - 1;
    const blank = ' '.repeat(through.length);
    for (const [at, row] of drawn(child, [middle, last, through], before).entries()) {
      const branch = at === 0 ? (isLast ? last : middle) : isLast ? blank : through;
      const beside = isLast ? blank : through;
      rows.push({ ...row, left: branch + row.left, below: beside + (row.below ?? '') });
    }
  }
  return rows;
}

function certificates({ certificates: chain, devices, enrollmentGroup }: Plan, folder: string): Node {
  const named = (what: string, name: string | null) => (name === null ? what : `${what} "${name}"`);
  const ids = devices.registrationIds;
  const shown = ids.length <= maxDevices ? ids : ids.slice(0, maxDevices - 1);
  const days = chain.deviceValidityDays;
  const what = enrollmentGroup.iotEdge ? 'a gateway' : 'a device';
  const leaves: Node[] = shown.map((id, index) => ({
    name: id,
    meaning: index === 0 ? `${what}: its own key and certificate, valid for ${days} days` : '',
  }));
  const more = ids.length - shown.length;
  if (more > 0) leaves.push({ name: `and ${more} more`, meaning: `up to ${ids.at(-1)}` });
  const intermediate: Node = {
    name:
      chain.existingCa === 'intermediate'
        ? 'Your intermediate CA'
        : named('Intermediate CA', chain.intermediateCommonName),
    meaning:
      chain.existingCa === 'intermediate'
        ? 'signs the devices'
        : 'signs the devices, so that the root key can be kept away',
    children: leaves,
  };
  const root: Node = {
    name: chain.existingCa === 'root' ? 'Your root CA' : named('Root CA', chain.rootCommonName),
    meaning: chain.intermediate
      ? 'where trust begins: it signs the CA below it'
      : 'where trust begins: it signs the devices',
    children: chain.intermediate ? [intermediate] : leaves,
  };
  const protection = chain.encryptKeys ? 'encrypted with your passphrase' : 'not encrypted';
  return {
    name: `Folder ${folder}`,
    meaning: `certificates and private keys on this computer; ${chain.keyAlgorithm} keys, ${protection}`,
    children: [chain.existingCa === 'intermediate' ? intermediate : root],
  };
}

function provisioning(plan: Plan): Node {
  const { target, certificateAuthority: ca, enrollmentGroup: group, devices } = plan;
  const count = devices.registrationIds.length;
  const what = devices.sendTelemetry
    ? 'register over PROTOCOL, then send a message and read their twin'
    : 'register over PROTOCOL';
  const registering: Node = {
    name: count === 1 ? '1 device' : `${count} devices`,
    meaning: what.replace('PROTOCOL', devices.protocol.toUpperCase()),
  };
  const hubs: Node = {
    name: group.iotHubs === null ? 'IoT hubs: all linked' : `IoT hub ${group.iotHubs.join(', ')}`,
    meaning: allocation[group.allocationPolicy],
    children: group.provisioningStatus === 'disabled' ? [] : [registering],
  };
  const proof =
    ca.proofOfPossession === 'portal'
      ? 'you prove by hand that you have its key'
      : 'enrollkit proves that you have its key';
  const byCa = group.attestation === 'caReference';
  return {
    name: target.kind === 'emulator' ? 'DPS: the emulator' : `DPS ${target.dpsName}`,
    meaning:
      target.kind === 'emulator'
        ? 'Device Provisioning Service on this computer: no account, no cost'
        : target.create
          ? 'your Device Provisioning Service in Azure, created with an IoT hub if it does not exist; Azure bills both'
          : 'your Device Provisioning Service in Azure: devices contact it first',
    children: [
      ...(target.kind === 'azure' ? places(target) : []),
      { name: `CA certificate ${ca.name}`, meaning: `the ${ca.uploaded} CA, uploaded; ${proof}` },
      {
        name: `Enrollment group ${group.id}`,
        meaning:
          group.provisioningStatus === 'disabled'
            ? 'prepared, but refuses all devices for now'
            : `lets in every device ${byCa ? 'below that CA' : 'that the CA certificate in the group has signed'}`,
        children: [...details(plan), hubs],
      },
    ],
  };
}

/** What of a group is not as usual. */
function details({ enrollmentGroup: { initialTwin, reprovisionPolicy } }: Plan): Node[] {
  return [
    ...(initialTwin
      ? [{ name: 'Initial twin', meaning: `settings of a new device: ${JSON.stringify(initialTwin)}` }]
      : []),
    ...(reprovisionPolicy === 'migrate'
      ? []
      : [{ name: `Re-provisioning: ${reprovisionPolicy}`, meaning: reprovisioning[reprovisionPolicy] }]),
  ];
}

function places({ subscriptionId, resourceGroup }: Extract<Plan['target'], { kind: 'azure' }>): Node[] {
  return [
    ...(subscriptionId ? [{ name: `Subscription ${subscriptionId}`, meaning: 'what Azure bills' }] : []),
    ...(resourceGroup
      ? [{ name: `Resource group ${resourceGroup}`, meaning: 'the folder of the service in Azure' }]
      : []),
  ];
}

const reprovisioning = {
  reset: 'a device that registers again gets the initial twin again',
  never: 'a device that registers again keeps its hub',
} as const;

const allocation: Readonly<Record<Plan['enrollmentGroup']['allocationPolicy'], string>> = {
  hashed: 'where devices send their messages; spread evenly',
  geoLatency: 'where devices send their messages; the nearest one',
  static: 'where devices send their messages; always this one',
};
