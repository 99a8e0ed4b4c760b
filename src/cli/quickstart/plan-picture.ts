/** A plan as a picture: the chain of certificates, and below it DPS with what refers to that chain; each line explained. */
import { sentences } from '../../languages/language.js';
import { keyNames, type Plan } from '../../quickstart/plan/fields.js';
import { keepsKeys, usesGroup } from '../../quickstart/planned-certificates.js';
import { hubNameOf } from '../../quickstart/steps/azure-resources.js';
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
const longestName = 40;

export function planPicture(plan: Plan, { folder, width, unicode }: PictureOptions): string {
  const trees = [certificates(plan, folder), provisioning(plan)];
  const rows = trees.flatMap((tree, index) => [
    ...(index === 0 ? [] : [{ left: '', meaning: '' }]),
    ...drawn(tree, lines[unicode ? 'unicode' : 'ascii']),
  ]);
  const cut = (text: string, columns: number) => truncate(text, columns, unicode ? '…' : '>');
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
  const ids = devices.registrationIds;
  const shown = ids.length <= maxDevices ? ids : ids.slice(0, maxDevices - 1);
  const days = chain.deviceValidityDays;
  const leaves: Node[] = shown.map((id, index) => ({
    name: id,
    meaning: index === 0 ? meaningOfDevice(chain.deviceCertificates, enrollmentGroup.iotEdge, days) : '',
  }));
  const more = ids.length - shown.length;
  if (more > 0)
    leaves.push({
      name: sentences.cliQuickstart.andMore(more),
      meaning: sentences.cliQuickstart.picture.upTo(ids.at(-1)!),
    });
  const intermediate: Node = {
    name:
      chain.existingCa === 'intermediate'
        ? sentences.cliQuickstart.picture.yourIntermediate
        : sentences.cliQuickstart.picture.intermediate(chain.intermediateCommonName ?? undefined),
    meaning:
      chain.existingCa === 'intermediate'
        ? sentences.cliQuickstart.picture.signsDevices
        : sentences.cliQuickstart.picture.signsDevicesRootAway,
    children: leaves,
  };
  const root: Node = {
    name:
      chain.existingCa === 'root'
        ? sentences.cliQuickstart.picture.yourRoot
        : sentences.cliQuickstart.picture.root(chain.rootCommonName ?? undefined),
    meaning: chain.intermediate
      ? sentences.cliQuickstart.picture.rootAboveIntermediate
      : sentences.cliQuickstart.picture.rootAboveDevices,
    children: chain.intermediate ? [intermediate] : leaves,
  };
  return {
    name: sentences.cliQuickstart.picture.folder(folder),
    meaning: sentences.cliQuickstart.picture.folderMeaning(keyNames[chain.keyAlgorithm], chain.encryptKeys),
    children:
      chain.deviceCertificates === 'selfSigned'
        ? leaves
        : [chain.existingCa === 'intermediate' ? intermediate : root],
  };
}

function meaningOfDevice(
  how: Plan['certificates']['deviceCertificates'],
  isGateway: boolean,
  days: number,
): string {
  const { picture } = sentences.cliQuickstart;
  return {
    ca: picture.device(isGateway, days),
    selfSigned: picture.ownCertificate(isGateway, days),
    csr: picture.requested(days),
  }[how];
}

function provisioning(plan: Plan): Node {
  const { target, certificateAuthority: ca, enrollmentGroup: group, devices } = plan;
  const count = devices.registrationIds.length;
  const registering: Node = {
    name: sentences.cliQuickstart.picture.devices(count),
    meaning: keepsKeys(plan)
      ? sentences.cliQuickstart.picture.registerThemselves(count)
      : sentences.cliQuickstart.picture.registering(
          count,
          devices.protocol.toUpperCase(),
          devices.sendTelemetry,
        ),
  };
  const hubs: Node = {
    name: sentences.cliQuickstart.picture.hubs(group.iotHubs ?? undefined),
    meaning: allocation[group.allocationPolicy],
    children: group.provisioningStatus === 'disabled' ? [] : [registering],
  };
  const byCa = group.attestation === 'caReference';
  return {
    name:
      target.kind === 'emulator'
        ? sentences.cliQuickstart.picture.emulator
        : sentences.cliQuickstart.picture.service(target.dpsName),
    meaning:
      target.kind === 'emulator'
        ? sentences.cliQuickstart.picture.emulatorMeaning
        : target.create
          ? sentences.cliQuickstart.picture.created
          : sentences.cliQuickstart.picture.azureMeaning,
    children: [
      ...(target.kind === 'azure' ? places(target) : []),
      ...(usesGroup(plan)
        ? [
            {
              name: sentences.cliQuickstart.picture.caCertificate(ca.name),
              meaning: sentences.cliQuickstart.picture.uploaded(ca.uploaded, ca.proofOfPossession),
            },
          ]
        : []),
      {
        name: usesGroup(plan)
          ? sentences.cliQuickstart.picture.group(group.id)
          : sentences.cliQuickstart.picture.individual(count),
        meaning:
          group.provisioningStatus === 'disabled'
            ? sentences.cliQuickstart.picture.disabled
            : usesGroup(plan)
              ? sentences.cliQuickstart.picture.allows(byCa)
              : sentences.cliQuickstart.picture.individualMeaning(count),
        children: [...details(plan), hubs],
      },
    ],
  };
}

/** What of an enrollment is not as usual. */
function details(plan: Plan): Node[] {
  const { initialTwin, reprovisionPolicy, webhookUrl } = plan.enrollmentGroup;
  const { details: single, requestCertificates, credentialPolicy } = plan.devices;
  const { picture } = sentences.cliQuickstart;
  const [first, ...more] = Object.entries(single ?? {});
  return [
    ...(first
      ? [
          {
            name: picture.details(more.length + 1),
            meaning: picture.detailsMeaning(`${first[0]} ${JSON.stringify(first[1])}`),
          },
        ]
      : []),
    ...(requestCertificates
      ? [
          {
            name: picture.operational(credentialPolicy ?? undefined),
            meaning: picture.operationalMeaning,
          },
        ]
      : []),
    ...(webhookUrl === undefined
      ? []
      : [{ name: picture.webhook(new URL(webhookUrl).host), meaning: picture.webhookMeaning(webhookUrl) }]),
    ...(initialTwin
      ? [
          {
            name: sentences.cliQuickstart.picture.initialTwin,
            meaning: sentences.cliQuickstart.picture.twinMeaning(JSON.stringify(initialTwin)),
          },
        ]
      : []),
    ...(reprovisionPolicy === 'migrate'
      ? []
      : [
          {
            name: sentences.cliQuickstart.picture.reprovisioning(reprovisionPolicy),
            meaning: reprovisioning[reprovisionPolicy],
          },
        ]),
  ];
}

function places(target: Extract<Plan['target'], { kind: 'azure' }>): Node[] {
  const { subscriptionId, resourceGroup, create, hubSku = 'S1', location } = target;
  const { picture } = sentences.cliQuickstart;
  return [
    ...(subscriptionId
      ? [
          {
            name: sentences.cliQuickstart.picture.subscription(subscriptionId),
            meaning: sentences.cliQuickstart.picture.subscriptionMeaning,
          },
        ]
      : []),
    ...(resourceGroup
      ? [
          {
            name: sentences.cliQuickstart.picture.resourceGroup(resourceGroup),
            meaning: sentences.cliQuickstart.picture.resourceGroupMeaning,
          },
        ]
      : []),
    ...(create
      ? [{ name: picture.newHub(hubNameOf(target)), meaning: picture.newHubMeaning(hubSku, location) }]
      : []),
  ];
}

const reprovisioning = {
  reset: sentences.cliQuickstart.picture.resetMeaning,
  never: sentences.cliQuickstart.picture.neverMeaning,
} as const;

const allocation: Readonly<Record<Plan['enrollmentGroup']['allocationPolicy'], string>> = {
  hashed: sentences.cliQuickstart.picture.hashed,
  geoLatency: sentences.cliQuickstart.picture.geoLatency,
  static: sentences.cliQuickstart.picture.staticHub,
  custom: sentences.cliQuickstart.picture.customHub,
};
