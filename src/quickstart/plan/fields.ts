/**
 * Every field of a plan, once: its default, its rule, its flag, its question and its line of the summary. The schema,
 * the JSON Schema, the flags, the wizard and the summary are derived from this table. It is loaded for `--help`, so it
 * imports nothing that is slow to load.
 *
 * The order of the table is the order of the fields in a plan file, of the flags in the help, and of the questions.
 */
import {
  certificateNameProblem,
  commonNameProblem,
  enrollmentGroupIdProblem,
  hubNameProblem,
  idScopePattern,
  registrationIdProblem,
  serviceNamePattern,
  serviceNameProblem,
  subscriptionIdPattern,
} from '../../dps/contract/ids.js';
import type { AllocationPolicy } from '../../dps/contract/schemas.js';
import type { ErrorCode } from '../../errors.js';
import type { KeyAlgorithm } from '../../pki/keys.js';

/** More devices than this are a fleet: each device is an entry of the plan and a line of the result. */
export const maxDevices = 1000;

/** Says what is wrong with a value, in one sentence; undefined when it is valid. */
export type Problem = (value: string) => string | undefined;

export interface FieldChoice {
  /** What the wizard calls it. */
  readonly label: string;
  /** One line on what it means. */
  readonly help: string;
}

export interface FieldFlag {
  /** Kebab-case, without the leading hyphens. */
  readonly name: string;
  /** What the help shows for the value, `NAME` for instance; a switch has none. */
  readonly value?: string;
  readonly summary: string;
  /** The code of the error for a value that breaks the rule; without one, the plan is refused as a whole. */
  readonly invalid?: ErrorCode;
}

/** Texts may depend on what has been answered so far. */
type TextFor = string | ((answers: Answers) => string);

export interface FieldQuestion {
  readonly message: TextFor;
  /** One line on what it means; a choice has one for each of its values. */
  readonly help?: TextFor;
  /** The short dialogue is always asked; the details only if the user wants to change more. */
  readonly dialogue: 'short' | 'details';
  /** Asked right after the question of this field, instead of in the order of the table. */
  readonly after?: string;
  /** Whether it is asked where the field applies. Default: always. */
  readonly when?: (answers: Answers) => boolean;
  /** Whether it may be left out; only for texts without a default. */
  readonly optional?: (answers: Answers) => boolean;
  /** What to type for null. */
  readonly none?: string;
  /** What Enter gives, if that is not the previous answer. */
  readonly suggestion?: (answers: Answers, before: Answers) => string;
}

export interface FieldSummary {
  /** The row of the summary; fields with the same label share a row. */
  readonly label: string;
  /** Undefined where there is nothing to say. */
  readonly text: (plan: Plan, folder: string) => string | undefined;
}

interface FieldBase {
  /** For the JSON Schema. */
  readonly description?: string;
  readonly flag: FieldFlag;
  readonly question: FieldQuestion;
  readonly summary?: FieldSummary;
  /** Whether the field means anything in a plan with these answers. Default: always. */
  readonly applies?: (answers: Answers) => boolean;
  /** What is wrong with a valid value beside the other answers, in one sentence. */
  readonly conflict?: (answers: Answers) => string | undefined;
}

interface TextRule {
  readonly problem: Problem;
  /** The whole rule as a regular expression, for the JSON Schema. */
  readonly pattern?: RegExp;
}

export type Field = FieldBase &
  (
    | {
        readonly kind: 'choice';
        readonly choices: Readonly<Record<string, FieldChoice>>;
        readonly default: string;
        /** The value where it is not asked for. */
        readonly otherwise?: string;
      }
    | { readonly kind: 'switch'; readonly default: boolean }
    | {
        readonly kind: 'number';
        readonly default: number;
        readonly minimum: number;
        readonly maximum: number;
      }
    /** With the default null, null is a value too. Undefined: the field has no default. */
    | (TextRule & {
        readonly kind: 'text';
        readonly default: string | null | undefined;
        readonly required?: true;
        /** The value where it does not apply. */
        readonly otherwise?: null;
      })
    | (TextRule & {
        readonly kind: 'list';
        readonly default: readonly string[] | null;
        readonly maximum?: number;
        /** What is wrong with an empty list. */
        readonly empty: string;
        /** What is wrong with the list, where each entry is valid by itself. */
        readonly listProblem?: (values: readonly string[], answers: Answers) => ListProblem | undefined;
      })
    | { readonly kind: 'twin'; readonly default: null }
  );

export interface ListProblem {
  /** The entry that is wrong; undefined for the list as a whole. */
  index?: number;
  message: string;
}

const isAzure = (answers: Answers): boolean => answers['target.kind'] === 'azure';
const isPortal = (answers: Answers): boolean =>
  answers['certificateAuthority.proofOfPossession'] === 'portal';
const hasExistingIntermediate = (answers: Answers): boolean =>
  answers['certificates.existingCa'] === 'intermediate';
const hasIntermediate = (answers: Answers): boolean => answers['certificates.intermediate'];
/** Azure Resource Manager finds a provisioning service by its subscription and its resource group. */
const neededByResourceManager =
  (path: 'target.subscriptionId' | 'target.resourceGroup') =>
  (answers: Answers): string | undefined =>
    isAzure(answers) && !isPortal(answers) && answers[path] === undefined
      ? 'It is needed unless proofOfPossession is portal.'
      : undefined;
const isStatic = (answers: Answers): boolean => answers['enrollmentGroup.allocationPolicy'] === 'static';

const creates = (answers: Answers): boolean => isAzure(answers) && answers['target.create'] === true;

const uniqueName = 'a name of its own';

export const planFields = {
  'target.kind': {
    kind: 'choice',
    default: 'emulator',
    choices: {
      emulator: {
        label: 'On the embedded emulator',
        help: 'A provisioning service on this computer: no account, no network, no cost.',
      },
      azure: {
        label: 'In Azure',
        help: 'Your own Device Provisioning Service, with your own hubs.',
      },
    },
    flag: { name: 'target', value: 'TARGET', summary: 'which provisioning service' },
    question: { message: 'Where do you want to enroll the devices?', dialogue: 'short' },
    summary: {
      label: 'Where',
      text(plan: Plan): string {
        const { target } = plan;
        if (target.kind === 'emulator') return 'the embedded emulator, on this computer';
        const group = target.resourceGroup ? `, resource group ${target.resourceGroup}` : '';
        const subscription = target.subscriptionId ? `, subscription ${target.subscriptionId}` : '';
        return `${target.dpsName} in Azure${group}${subscription}`;
      },
    },
  },
  'target.dpsName': {
    kind: 'text',
    default: undefined,
    required: true,
    problem: serviceNameProblem,
    pattern: serviceNamePattern,
    description: 'The name of the provisioning service.',
    applies: isAzure,
    flag: { name: 'dps-name', value: 'NAME', summary: 'Azure: the provisioning service' },
    question: {
      message: 'Name of the provisioning service:',
      help: 'As the portal shows it; az iot dps list shows it too.',
      dialogue: 'short',
    },
  },
  'target.subscriptionId': {
    kind: 'text',
    default: undefined,
    problem: (value: string): string | undefined =>
      subscriptionIdPattern.test(value) ? undefined : 'A subscription ID is a GUID.',
    pattern: subscriptionIdPattern,
    description: 'Needed for everything but proof of possession in the portal.',
    applies: isAzure,
    conflict: neededByResourceManager('target.subscriptionId'),
    flag: { name: 'subscription', value: 'ID', summary: 'Azure: its subscription' },
    question: {
      message: (answers: Answers): string =>
        isPortal(answers) ? 'Subscription ID, if you know it:' : 'Subscription ID:',
      help: 'On the overview page of the provisioning service; az account show shows it too.',
      dialogue: 'short',
      optional: isPortal,
    },
  },
  'target.resourceGroup': {
    kind: 'text',
    default: undefined,
    problem: (value: string): string | undefined =>
      value.trim() === '' ? 'The resource group is missing.' : undefined,
    pattern: /\S/,
    description: 'As subscriptionId.',
    applies: isAzure,
    conflict: neededByResourceManager('target.resourceGroup'),
    flag: { name: 'resource-group', value: 'NAME', summary: 'Azure: its resource group' },
    question: {
      message: (answers: Answers): string =>
        isPortal(answers) ? 'Resource group, if you know it:' : 'Resource group:',
      help: 'The one that the provisioning service is in.',
      dialogue: 'short',
      optional: isPortal,
    },
  },
  'target.idScope': {
    kind: 'text',
    default: undefined,
    problem: (value: string): string | undefined =>
      idScopePattern.test(value) ? undefined : 'An ID scope begins with 0ne, as the portal shows it.',
    pattern: idScopePattern,
    description: 'Needed only without rights on Azure Resource Manager.',
    applies: isAzure,
    flag: {
      name: 'id-scope',
      value: 'SCOPE',
      summary: 'Azure: its ID scope, needed without rights on Resource Manager',
    },
    question: {
      message: 'ID scope:',
      help: 'On the overview page of the provisioning service; it begins with 0ne.',
      dialogue: 'short',
      when: isPortal,
    },
  },

  'target.create': {
    kind: 'switch',
    default: false,
    description:
      'Whether the resource group, the provisioning service, a hub and the link between them are created if they do not exist.',
    applies: isAzure,
    conflict: (answers: Answers): string | undefined =>
      creates(answers) && isPortal(answers)
        ? 'Creating resources needs rights on Azure Resource Manager, and so proofOfPossession automatic.'
        : undefined,
    flag: {
      name: 'create',
      summary:
        'Azure: create the resource group, the provisioning service and a linked hub if they do not exist',
    },
    question: {
      message: 'Create the resource group, the provisioning service and a hub if they do not exist?',
      help: 'Azure bills an S1 hub by the day until it is deleted; enrollkit clean deletes what was created.',
      dialogue: 'details',
      when: () => false,
    },
    summary: {
      label: 'Where',
      text(plan: Plan): string | undefined {
        const { target } = plan;
        if (target.kind === 'emulator' || target.create !== true) return undefined;
        return 'what does not exist there is created, and billed';
      },
    },
  },
  'target.location': {
    kind: 'text',
    default: undefined,
    problem: (value: string): string | undefined =>
      /^[A-Za-z0-9 ]{2,40}$/.test(value) ? undefined : 'A region has letters and digits, as in westeurope.',
    pattern: /^[A-Za-z0-9 ]{2,40}$/,
    description: 'With create: the region of what is created; by default that of the resource group.',
    applies: isAzure,
    flag: {
      name: 'location',
      value: 'REGION',
      summary: 'with --create: the Azure region (default: that of the resource group)',
    },
    question: {
      message: 'Azure region:',
      help: 'Such as westeurope or eastus; az account list-locations shows all.',
      dialogue: 'short',
      when: creates,
      optional: creates,
    },
  },
  'target.hubName': {
    kind: 'text',
    default: undefined,
    problem: hubNameProblem,
    description:
      'With create: the IoT hub, if none is linked yet; by default named after the provisioning service.',
    applies: isAzure,
    flag: {
      name: 'hub-name',
      value: 'NAME',
      summary:
        'with --create: the hub, if none is linked yet (default: named after the provisioning service)',
    },
    question: {
      message: 'Name of the IoT hub:',
      help: 'Unique in Azure: 3 to 50 letters, digits and hyphens.',
      dialogue: 'short',
      when: creates,
      optional: creates,
    },
  },
  'target.hubSku': {
    kind: 'choice',
    default: 'S1',
    choices: {
      S1: { label: 'S1', help: 'Standard: 400,000 messages per day, billed by the day.' },
      F1: { label: 'F1', help: 'Free: 8,000 messages per day; one per subscription.' },
    },
    description: 'With create: the SKU of a new hub.',
    applies: isAzure,
    flag: { name: 'hub-sku', value: 'SKU', summary: 'with --create: the SKU of a new hub; F1 is free' },
    question: { message: 'SKU of the IoT hub:', dialogue: 'short', when: creates },
  },

  'certificates.keyAlgorithm': {
    kind: 'choice',
    default: 'ec-p256',
    choices: {
      'ec-p256': {
        label: 'EC P-256',
        help: 'Small and fast; every Azure SDK takes it. The usual choice.',
      },
      'ec-p384': { label: 'EC P-384', help: 'A larger curve, where rules ask for it.' },
      'rsa-2048': { label: 'RSA 2048', help: 'For devices whose TLS stack knows no elliptic curves.' },
      'rsa-3072': { label: 'RSA 3072', help: 'As RSA 2048, for certificates that live beyond 2030.' },
      'rsa-4096': { label: 'RSA 4096', help: 'Slow to make, and long chains may overflow small devices.' },
    } satisfies Record<KeyAlgorithm, FieldChoice>,
    description: 'Of every key: the CAs’ and the devices’.',
    flag: { name: 'key-algorithm', value: 'NAME', summary: 'of every key' },
    question: { message: 'Which keys?', dialogue: 'details' },
  },
  'certificates.existingCa': {
    kind: 'choice',
    default: 'none',
    choices: {
      none: { label: 'New CAs', help: 'enrollkit creates a root CA for your devices.' },
      root: { label: 'A root CA that you have', help: 'It signs the intermediate CA, or the devices.' },
      intermediate: { label: 'An intermediate CA that you have', help: 'It signs the devices.' },
    },
    description: 'The CA that is not created, because you have it: it is in the certificate folder.',
    conflict: (answers: Answers): string | undefined =>
      hasExistingIntermediate(answers) && !hasIntermediate(answers)
        ? 'An existing intermediate CA signs the devices, so certificates.intermediate must be true.'
        : undefined,
    flag: {
      name: 'existing-ca',
      value: 'CA',
      summary: 'the CA in the folder that you already have; see --ca',
    },
    question: {
      message: 'Which CA do your devices get their certificates from?',
      dialogue: 'short',
      // The answer is a file, and not part of the plan: --ca FILE.
      when: () => false,
    },
  },
  'certificates.rootCommonName': {
    kind: 'text',
    default: null,
    problem: commonNameProblem,
    description: 'null: a name of its own for each new root.',
    flag: {
      name: 'root-name',
      value: 'NAME',
      summary: 'the common name of the root CA; "" for a new one each time',
    },
    question: {
      message: 'Common name of the root CA:',
      help: 'At most 64 characters. By itself, each new CA gets a name that no other has.',
      dialogue: 'details',
      none: uniqueName,
    },
  },
  'certificates.intermediate': {
    kind: 'switch',
    default: true,
    description: 'Whether an intermediate CA signs the devices, so that the root can rest.',
    flag: { name: 'intermediate', summary: 'an intermediate CA signs the devices' },
    question: {
      message: 'Put an intermediate CA between the root and the devices?',
      help: 'It signs the devices, so that the key of the root can be kept away.',
      dialogue: 'short',
    },
    summary: {
      label: 'Certificates',
      text(plan: Plan, folder: string): string {
        const { certificates } = plan;
        const quoted = (name: string | null) => (name === null ? '' : ` "${name}"`);
        const { existingCa } = certificates;
        const root = existingCa === 'root' ? 'your root' : `root${quoted(certificates.rootCommonName)}`;
        const intermediate = `intermediate${quoted(certificates.intermediateCommonName)}`;
        if (existingCa === 'intermediate') return `in ${folder}: your intermediate`;
        return certificates.intermediate
          ? `in ${folder}: ${root} and ${intermediate}`
          : `in ${folder}: ${root}, no intermediate`;
      },
    },
  },
  'certificates.intermediateCommonName': {
    kind: 'text',
    default: null,
    otherwise: null,
    problem: commonNameProblem,
    description: 'null: a name of its own for each new intermediate.',
    applies: hasIntermediate,
    flag: {
      name: 'intermediate-name',
      value: 'NAME',
      summary: 'its common name; "" for a new one each time',
    },
    question: {
      message: 'Common name of the intermediate CA:',
      help: 'At most 64 characters. By itself, each new CA gets a name that no other has.',
      dialogue: 'details',
      none: uniqueName,
    },
  },
  'certificates.deviceValidityDays': {
    kind: 'number',
    default: 365,
    minimum: 1,
    maximum: 36_500,
    flag: {
      name: 'device-validity-days',
      value: 'DAYS',
      summary: 'how long a device certificate is valid',
      invalid: 'USAGE',
    },
    question: {
      message: 'Days that a device certificate is valid:',
      help: 'It never outlives the CA that signs it.',
      dialogue: 'details',
    },
  },
  'certificates.encryptKeys': {
    kind: 'switch',
    default: false,
    description: 'Whether private keys are encrypted; the passphrase is never in the plan.',
    flag: { name: 'encrypt-keys', summary: 'encrypt the private keys with a passphrase' },
    question: {
      message: 'Encrypt the private keys with a passphrase?',
      help: 'Without one, their files are readable for you alone, and for who gets your disk.',
      dialogue: 'short',
    },
    summary: {
      label: 'Certificates',
      text: (plan: Plan): string =>
        `${plan.certificates.keyAlgorithm} keys, ${plan.certificates.encryptKeys ? 'encrypted with your passphrase' : 'not encrypted'}`,
    },
  },

  'certificateAuthority.uploaded': {
    kind: 'choice',
    default: 'root',
    otherwise: 'root',
    choices: {
      root: { label: 'The root', help: 'Every device beneath it can be enrolled.' },
      intermediate: {
        label: 'The intermediate',
        help: 'Only the devices that it signs; the root stays unknown to DPS.',
      },
    },
    description: 'The CA that is uploaded, and whose possession is proven.',
    conflict(answers: Answers): string | undefined {
      const uploaded = answers['certificateAuthority.uploaded'];
      if (uploaded === 'intermediate' && !hasIntermediate(answers))
        return 'There is no intermediate CA in this plan.';
      return uploaded === 'root' && hasExistingIntermediate(answers)
        ? 'Possession of the root CA cannot be proven without its private key: upload the intermediate CA.'
        : undefined;
    },
    flag: { name: 'upload', value: 'CA', summary: 'the CA that is uploaded to DPS' },
    question: {
      message: 'Which CA is uploaded to DPS?',
      dialogue: 'details',
      when: hasIntermediate,
    },
    summary: {
      label: 'Uploaded CA',
      text: (plan: Plan): string =>
        `the ${plan.certificateAuthority.uploaded}, as ${plan.certificateAuthority.name}`,
    },
  },
  'certificateAuthority.name': {
    kind: 'text',
    default: 'enrollkit-root',
    problem: certificateNameProblem,
    description: 'What it is called in DPS.',
    flag: {
      name: 'ca-name',
      value: 'NAME',
      summary: 'what the uploaded CA is called in DPS',
      invalid: 'INVALID_CERTIFICATE_NAME',
    },
    question: {
      message: 'Its name in DPS:',
      help: 'Under Certificates; 1 to 256 letters, digits, - . or _.',
      dialogue: 'details',
      suggestion: (answers: Answers, before: Answers): string =>
        before['certificateAuthority.name'] === `enrollkit-${before['certificateAuthority.uploaded']}`
          ? `enrollkit-${answers['certificateAuthority.uploaded']}`
          : before['certificateAuthority.name'],
    },
  },
  'certificateAuthority.proofOfPossession': {
    kind: 'choice',
    default: 'automatic',
    otherwise: 'automatic',
    choices: {
      automatic: {
        label: 'Automatically',
        help: 'enrollkit does it for you; in Azure, with your az login.',
      },
      portal: {
        label: 'By hand',
        help: 'You upload two files when you are asked to: in the portal, or with commands.',
      },
    },
    description:
      'automatic: through Azure Resource Manager. portal: by hand, in the portal or with commands on the emulator.',
    flag: {
      name: 'proof-of-possession',
      value: 'HOW',
      summary: 'automatically, or by hand (portal)',
    },
    question: {
      message: 'How do you want to prove that you have the key of the CA?',
      dialogue: 'short',
      after: 'target.dpsName',
    },
    summary: {
      label: 'Uploaded CA',
      text: (plan: Plan): string =>
        `possession is proven ${plan.certificateAuthority.proofOfPossession === 'portal' ? 'by you in the portal' : 'automatically'}`,
    },
  },

  'enrollmentGroup.id': {
    kind: 'text',
    default: 'enrollkit-devices',
    problem: enrollmentGroupIdProblem,
    flag: {
      name: 'group',
      value: 'ID',
      summary: 'the ID of the enrollment group',
      invalid: 'INVALID_ENROLLMENT_GROUP_ID',
    },
    question: {
      message: 'Enrollment group ID:',
      help: 'One group enrolls all the devices that your CA signs.',
      dialogue: 'short',
    },
    summary: {
      label: 'Group',
      text: (plan: Plan): string => `${plan.enrollmentGroup.id}, ${plan.enrollmentGroup.provisioningStatus}`,
    },
  },
  'enrollmentGroup.attestation': {
    kind: 'choice',
    default: 'caReference',
    choices: {
      caReference: {
        label: 'By the uploaded CA',
        help: 'The group names the CA that was uploaded and verified.',
      },
      certificate: {
        label: 'By a CA certificate in the group',
        help: 'The certificate of the CA that signs the devices goes into the group.',
      },
    },
    description:
      'caReference: by the name of the uploaded CA. certificate: by the CA certificate that signs the devices.',
    flag: {
      name: 'attestation',
      value: 'HOW',
      summary: 'by the name of the uploaded CA, or by the certificate that signs the devices',
    },
    question: { message: 'How does the group know its devices?', dialogue: 'details' },
    summary: {
      label: 'Group',
      text: (plan: Plan): string =>
        `attests ${plan.enrollmentGroup.attestation === 'caReference' ? 'by the uploaded CA' : 'by the certificate of the signing CA'}`,
    },
  },
  'enrollmentGroup.allocationPolicy': {
    kind: 'choice',
    default: 'hashed',
    choices: {
      hashed: {
        label: 'Evenly',
        help: 'hashed: devices are spread over the hubs by a hash of their IDs.',
      },
      geoLatency: {
        label: 'The nearest',
        help: 'geoLatency: the hub with the lowest latency to the device.',
      },
      static: { label: 'Always the same', help: 'static: one hub, named in the group.' },
    } satisfies Partial<Record<AllocationPolicy, FieldChoice>>,
    flag: { name: 'allocation-policy', value: 'NAME', summary: 'how a device gets its hub' },
    question: { message: 'How does a device get its hub?', dialogue: 'details' },
    summary: {
      label: 'Group',
      text(plan: Plan): string {
        const { allocationPolicy, iotHubs } = plan.enrollmentGroup;
        return `${allocationPolicy} among ${iotHubs === null ? 'all linked hubs' : iotHubs.join(', ')}`;
      },
    },
  },
  'enrollmentGroup.iotHubs': {
    kind: 'list',
    default: null,
    problem(value: string): string | undefined {
      if (value === '') return 'A hub has a host name.';
      return /^[a-z0-9][a-z0-9.-]*(:\d{1,5})?$/i.test(value) ? undefined : `${value} is not a host name.`;
    },
    empty: 'Name at least one hub.',
    listProblem(hubs: readonly string[], answers: Answers): ListProblem | undefined {
      return isStatic(answers) && hubs.length > 1
        ? { message: 'The static policy takes exactly one hub.' }
        : undefined;
    },
    description: 'Host names of linked hubs; null: all of them.',
    flag: { name: 'hub', value: 'HOST', summary: 'a linked hub to allocate to (default: all)' },
    question: {
      message: (answers: Answers): string => (isStatic(answers) ? 'Its hub:' : 'Hubs:'),
      help: (answers: Answers): string =>
        `Host names of linked hubs, with commas between; all means every linked one.${isAzure(answers) ? '' : ' The emulator has one hub: leave it at all.'}`,
      dialogue: 'details',
      none: 'all',
    },
  },
  'enrollmentGroup.initialTwin': {
    kind: 'twin',
    default: null,
    flag: {
      name: 'initial-twin',
      value: 'FILE',
      summary: 'a JSON file with the tags and desired properties',
    },
    question: {
      message: 'Initial twin:',
      help: 'Tags and desired properties of each new device, as JSON on one line: {"tags":{"site":"A"},"properties":{"desired":{"interval":30}}}',
      dialogue: 'details',
      none: 'none',
    },
    summary: {
      label: 'Initial twin',
      text(plan: Plan): string | undefined {
        const { initialTwin } = plan.enrollmentGroup;
        return initialTwin ? JSON.stringify(initialTwin) : undefined;
      },
    },
  },
  'enrollmentGroup.reprovisionPolicy': {
    kind: 'choice',
    default: 'migrate',
    choices: {
      migrate: { label: 'It moves along', help: 'To a new hub if need be, twin and all.' },
      reset: { label: 'It begins anew', help: 'To a new hub if need be, with the initial twin.' },
      never: { label: 'The device stays', help: 'It keeps the hub that it was first assigned to.' },
    },
    flag: {
      name: 'reprovision-policy',
      value: 'NAME',
      summary: 'what happens to a device’s data when it registers again',
    },
    question: {
      message: 'When a device registers again, what of its data?',
      dialogue: 'details',
    },
    summary: {
      label: 'Group',
      text: (plan: Plan): string => `on registering again: ${plan.enrollmentGroup.reprovisionPolicy}`,
    },
  },
  'enrollmentGroup.iotEdge': {
    kind: 'switch',
    default: false,
    description: 'Whether the devices are IoT Edge gateways; each then gets a CA certificate too.',
    flag: { name: 'iot-edge', summary: 'the devices are IoT Edge gateways' },
    question: {
      message: 'Are the devices IoT Edge gateways?',
      help: 'Each then also gets a CA certificate for the devices behind it.',
      dialogue: 'details',
    },
  },
  'enrollmentGroup.provisioningStatus': {
    kind: 'choice',
    default: 'enabled',
    choices: {
      enabled: { label: 'Yes', help: 'enabled: a device whose chain is good is assigned.' },
      disabled: { label: 'Not yet', help: 'disabled: the group is there and refuses everyone.' },
    },
    flag: { name: 'provisioning-status', value: 'STATUS', summary: 'whether devices may register' },
    question: { message: 'May devices register?', dialogue: 'details' },
  },

  'devices.registrationIds': {
    kind: 'list',
    default: ['device-001', 'device-002', 'device-003'],
    maximum: maxDevices,
    problem: registrationIdProblem,
    empty: 'A registration ID is missing.',
    listProblem(ids: readonly string[]): ListProblem | undefined {
      const first = new Map<string, string>();
      for (const [index, id] of ids.entries()) {
        const same = first.get(id.toLowerCase());
        if (same !== undefined) {
          return {
            index,
            message: `"${id}" is the same registration ID as "${same}"; letter case does not count.`,
          };
        }
        first.set(id.toLowerCase(), id);
      }
      return undefined;
    },
    flag: {
      name: 'device',
      value: 'ID',
      summary: 'the registration ID of a device; once for each',
      invalid: 'INVALID_REGISTRATION_ID',
    },
    question: {
      message: 'Registration IDs:',
      help: 'With commas between. Each is also the common name of a certificate.',
      dialogue: 'short',
    },
    summary: {
      label: 'Devices',
      text(plan: Plan): string {
        const { certificates, enrollmentGroup } = plan;
        const ids = plan.devices.registrationIds;
        const names = ids.length <= 4 ? ids.join(', ') : `${ids[0]}, ${ids[1]}, ... ${ids.at(-1)}`;
        const kind = enrollmentGroup.iotEdge ? 'IoT Edge gateways' : ids.length === 1 ? 'device' : 'devices';
        return `${ids.length} ${kind}: ${names}; valid ${certificates.deviceValidityDays} days`;
      },
    },
  },
  'devices.protocol': {
    kind: 'choice',
    default: 'mqtt',
    choices: {
      mqtt: { label: 'MQTT', help: 'MQTT over TLS, port 8883: what most devices speak.' },
      https: { label: 'HTTPS', help: 'Port 443, where a firewall lets nothing else out.' },
    },
    description: 'How the devices register.',
    flag: { name: 'protocol', value: 'NAME', summary: 'how the devices register' },
    question: { message: 'How do the devices register?', dialogue: 'details' },
    summary: {
      label: 'Devices',
      text: (plan: Plan): string => `they register over ${plan.devices.protocol.toUpperCase()}`,
    },
  },
  'devices.sendTelemetry': {
    kind: 'switch',
    default: true,
    description: 'Whether each device then sends its hub a message and reads its twin.',
    flag: { name: 'telemetry', summary: 'each device sends its hub a message and reads its twin' },
    question: {
      message: 'Send a message from each device, and read its twin?',
      help: 'It proves that the device may use its hub.',
      dialogue: 'details',
    },
    summary: {
      label: 'Devices',
      text: (plan: Plan): string | undefined =>
        plan.devices.sendTelemetry ? 'each sends a message and reads its twin' : undefined,
    },
  },
} as const satisfies Record<`${GroupName}.${string}`, Field>;

/** The groups of a plan, and the heading of each one's flags in the help. */
export const planGroups = {
  target: { heading: 'Where:' },
  certificates: { heading: 'Certificates:' },
  certificateAuthority: { heading: 'Certificate authority in DPS:' },
  enrollmentGroup: { heading: 'Enrollment group:' },
  devices: { heading: 'Devices:' },
} as const;

export type GroupName = 'target' | 'certificates' | 'certificateAuthority' | 'enrollmentGroup' | 'devices';

type Fields = typeof planFields;
export type FieldPath = keyof Fields;

type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue };
/** Tags and desired properties, as Azure's enrollments have them. */
export interface PlannedTwin {
  tags?: { [name: string]: JsonValue } | undefined;
  properties?: { desired: { [name: string]: JsonValue } } | undefined;
}

type ValueOf<F extends Field> = F extends { kind: 'choice'; choices: infer Choices }
  ? keyof Choices
  : F extends { kind: 'switch' }
    ? boolean
    : F extends { kind: 'number' }
      ? number
      : F extends { kind: 'text'; default: infer Default }
        ? string | (Default & (null | undefined))
        : F extends { kind: 'list'; default: infer Default }
          ? string[] | (Default & null)
          : PlannedTwin | null;

/** The value of a field. */
export type FieldValue<Path extends FieldPath> = ValueOf<Fields[Path]>;

type AnswersByPath = { [Path in FieldPath]: FieldValue<Path> };
/** A plan with its fields side by side, as the wizard and the flags fill it in. */
export interface Answers extends AnswersByPath {}

type NameIn<Group extends GroupName, Path extends FieldPath> = Path extends `${Group}.${infer Name}`
  ? Name
  : never;
type PlanGroup<Group extends GroupName> = { [Path in FieldPath as NameIn<Group, Path>]: FieldValue<Path> };

/** In Azure: the name is required, everything else may be left out. */
type AzureTarget = { kind: 'azure'; dpsName: string } & {
  [Path in Exclude<FieldPath, 'target.kind' | 'target.dpsName'> as NameIn<'target', Path>]?: FieldValue<Path>;
};

/** The provisioning service. */
export type PlanTarget = { kind: 'emulator' } | { [Name in keyof AzureTarget]: AzureTarget[Name] };

/** Every answer of the wizard. It contains no secret and no path of a computer. */
export interface Plan {
  readonly $schema?: string | undefined;
  readonly version: number;
  readonly target: PlanTarget;
  readonly certificates: PlanGroup<'certificates'>;
  readonly certificateAuthority: PlanGroup<'certificateAuthority'>;
  readonly enrollmentGroup: PlanGroup<'enrollmentGroup'>;
  readonly devices: PlanGroup<'devices'>;
}

/** All fields, in the order of the table. */
export const fieldEntries = Object.entries(planFields) as [FieldPath, Field][];

/** The fields of a group, by the names that they have in the group. */
export function fieldsOf(group: GroupName): [name: string, field: Field][] {
  return fieldEntries
    .filter(([path]) => path.startsWith(`${group}.`))
    .map(([path, field]) => [path.slice(group.length + 1), field]);
}

/** The values that a field chooses from. */
export function choicesOf<Path extends ChoicePath>(path: Path): readonly FieldValue<Path>[] {
  return Object.keys(planFields[path].choices) as FieldValue<Path>[];
}

type ChoicePath = { [Path in FieldPath]: Fields[Path] extends { kind: 'choice' } ? Path : never }[FieldPath];
