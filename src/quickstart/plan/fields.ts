/**
 * Every field of a plan, once: its default, its rule, its flag, its question and its line of the summary. The schema,
 * the JSON Schema, the flags, the wizard and the summary are derived from this table. It is loaded for `--help`, so it
 * imports nothing that is slow to load.
 *
 * The order of the table is the order of the fields in a plan file, of the flags in the help, and of the questions.
 */

import { shownJson } from '../../dps/client/redact.js';
import { apiVersions, firstCustomAllocationApiVersion } from '../../dps/contract/api-versions.js';
import {
  certificateNameProblem,
  commonNameProblem,
  credentialPolicyPattern,
  credentialPolicyProblem,
  enrollmentGroupIdProblem,
  hubNameProblem,
  idScopePattern,
  registrationIdProblem,
  serviceNamePattern,
  serviceNameProblem,
  subscriptionIdPattern,
} from '../../dps/contract/ids.js';
import type { AllocationPolicy } from '../../dps/contract/schemas.js';
import { hasSecret, isWebhookUrl } from '../../dps/contract/webhook-url.js';
import type { ErrorCode } from '../../errors.js';
import { sentences } from '../../languages/language.js';
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
  readonly label: string | ((plan: Plan) => string);
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
        readonly otherwise?: null | undefined;
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
    | { readonly kind: 'devices'; readonly default: null }
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
      ? sentences.quickstartPlan.neededUnlessPortal
      : undefined;
const isStatic = (answers: Answers): boolean => answers['enrollmentGroup.allocationPolicy'] === 'static';
const isCustom = (answers: Answers): boolean => answers['enrollmentGroup.allocationPolicy'] === 'custom';
function webhookProblem(answers: Answers): string | undefined {
  const isGiven = answers['enrollmentGroup.webhookUrl'] !== undefined;
  if (isGiven === isCustom(answers)) return undefined;
  return isGiven ? sentences.quickstartPlan.webhookWithoutCustom : sentences.quickstartPlan.webhookMissing;
}
/** Those of the service plane, the usual one first. */
const webhookApiVersions: readonly string[] = apiVersions.service.filter(
  (version) => version >= firstCustomAllocationApiVersion,
);

/** The row of the summary for the group, or for the individual enrollments. */
function enrollmentLabel({ devices }: Plan): string {
  const { groupLabel, individualRow } = sentences.quickstartPlan;
  return devices.enrollment === 'individual' ? individualRow : groupLabel;
}

const isIndividual = (answers: Answers): boolean => answers['devices.enrollment'] === 'individual';
const isGroup = (answers: Answers): boolean => !isIndividual(answers);
const hasCas = (answers: Answers): boolean => answers['certificates.deviceCertificates'] !== 'selfSigned';
/** What is wrong with the details of devices beside the other answers. */
function detailsProblem(answers: Answers): string | undefined {
  const details = answers['devices.details'];
  if (details === null) return undefined;
  if (isGroup(answers)) return sentences.quickstartPlan.detailsInGroup;
  const known = new Set(answers['devices.registrationIds'].map((id) => id.toLowerCase()));
  const unknown = Object.keys(details).find((id) => !known.has(id.toLowerCase()));
  return unknown === undefined ? undefined : sentences.quickstartPlan.detailsOfNone(unknown);
}

const requestsCertificates = (answers: Answers): boolean => answers['devices.requestCertificates'];

const creates = (answers: Answers): boolean => isAzure(answers) && answers['target.create'] === true;

/** The key algorithms as people call them. */
export const keyNames: Readonly<Record<KeyAlgorithm, string>> = {
  'ec-p256': 'EC P-256',
  'ec-p384': 'EC P-384',
  'rsa-2048': 'RSA 2048',
  'rsa-3072': 'RSA 3072',
  'rsa-4096': 'RSA 4096',
};

const uniqueName = sentences.quickstartPlan.uniqueName;

export const planFields = {
  'target.kind': {
    kind: 'choice',
    default: 'emulator',
    choices: {
      emulator: {
        label: sentences.quickstartPlan.emulatorLabel,
        help: sentences.quickstartPlan.emulatorHelp,
      },
      azure: {
        label: sentences.quickstartPlan.azureLabel,
        help: sentences.quickstartPlan.azureHelp,
      },
    },
    flag: { name: 'target', value: 'TARGET', summary: sentences.quickstartPlan.targetFlag },
    question: { message: sentences.quickstartPlan.targetQuestion, dialogue: 'short' },
    summary: {
      label: sentences.quickstartPlan.whereLabel,
      text(plan: Plan): string {
        const { target } = plan;
        return target.kind === 'emulator'
          ? sentences.quickstartPlan.emulatorSummary
          : sentences.quickstartPlan.azureSummary(
              target.dpsName,
              target.resourceGroup,
              target.subscriptionId,
            );
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
    flag: { name: 'dps-name', value: 'NAME', summary: sentences.quickstartPlan.dpsNameFlag },
    question: {
      message: sentences.quickstartPlan.dpsNameQuestion,
      help: (answers: Answers): string => sentences.quickstartPlan.dpsNameHelp(creates(answers)),
      dialogue: 'short',
    },
  },
  'target.subscriptionId': {
    kind: 'text',
    default: undefined,
    problem: (value: string): string | undefined =>
      subscriptionIdPattern.test(value) ? undefined : sentences.quickstartPlan.subscriptionProblem,
    pattern: subscriptionIdPattern,
    description: 'Required except with proof of possession in the portal.',
    applies: isAzure,
    conflict: neededByResourceManager('target.subscriptionId'),
    flag: { name: 'subscription', value: 'ID', summary: sentences.quickstartPlan.subscriptionFlag },
    question: {
      message: (answers: Answers): string =>
        isPortal(answers)
          ? sentences.quickstartPlan.subscriptionOptional
          : sentences.quickstartPlan.subscriptionQuestion,
      help: sentences.quickstartPlan.subscriptionHelp,
      dialogue: 'short',
      optional: isPortal,
    },
  },
  'target.resourceGroup': {
    kind: 'text',
    default: undefined,
    problem: (value: string): string | undefined =>
      value.trim() === '' ? sentences.quickstartPlan.resourceGroupProblem : undefined,
    pattern: /\S/,
    description: 'Required except with proof of possession in the portal.',
    applies: isAzure,
    conflict: neededByResourceManager('target.resourceGroup'),
    flag: { name: 'resource-group', value: 'NAME', summary: sentences.quickstartPlan.resourceGroupFlag },
    question: {
      message: (answers: Answers): string =>
        isPortal(answers)
          ? sentences.quickstartPlan.resourceGroupOptional
          : sentences.quickstartPlan.resourceGroupQuestion,
      help: (answers: Answers): string => sentences.quickstartPlan.resourceGroupHelp(creates(answers)),
      dialogue: 'short',
      optional: isPortal,
    },
  },
  'target.idScope': {
    kind: 'text',
    default: undefined,
    problem: (value: string): string | undefined =>
      idScopePattern.test(value) ? undefined : sentences.quickstartPlan.idScopeProblem,
    pattern: idScopePattern,
    description: 'Required only without access to Azure Resource Manager.',
    applies: isAzure,
    flag: {
      name: 'id-scope',
      value: 'SCOPE',
      summary: sentences.quickstartPlan.idScopeFlag,
    },
    question: {
      message: sentences.quickstartPlan.idScopeQuestion,
      help: sentences.quickstartPlan.idScopeHelp,
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
      creates(answers) && isPortal(answers) ? sentences.quickstartPlan.createConflict : undefined,
    flag: {
      name: 'create',
      summary: sentences.quickstartPlan.createFlag,
    },
    question: {
      message: sentences.quickstartPlan.createQuestion,
      help: sentences.quickstartPlan.createHelp,
      dialogue: 'short',
      when: (answers: Answers): boolean => !isPortal(answers),
    },
    summary: {
      label: sentences.quickstartPlan.whereLabel,
      text(plan: Plan): string | undefined {
        const { target } = plan;
        if (target.kind === 'emulator' || target.create !== true) return undefined;
        return sentences.quickstartPlan.createSummary;
      },
    },
  },
  'target.location': {
    kind: 'text',
    default: undefined,
    problem: (value: string): string | undefined =>
      /^[A-Za-z0-9 ]{2,40}$/.test(value) ? undefined : sentences.quickstartPlan.regionProblem,
    pattern: /^[A-Za-z0-9 ]{2,40}$/,
    description: 'With create: the region of what is created; by default that of the resource group.',
    applies: isAzure,
    flag: {
      name: 'location',
      value: 'REGION',
      summary: sentences.quickstartPlan.regionFlag,
    },
    question: {
      message: sentences.quickstartPlan.regionQuestion,
      help: sentences.quickstartPlan.regionHelp,
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
      summary: sentences.quickstartPlan.hubNameFlag,
    },
    question: {
      message: sentences.quickstartPlan.hubNameQuestion,
      help: sentences.quickstartPlan.hubNameHelp,
      dialogue: 'short',
      when: creates,
      optional: creates,
    },
  },
  'target.hubSku': {
    kind: 'choice',
    default: 'S1',
    choices: {
      S1: { label: 'S1', help: sentences.quickstartPlan.hubSkuS1 },
      F1: { label: 'F1', help: sentences.quickstartPlan.hubSkuF1 },
    },
    description: 'With create: the SKU of a new hub.',
    applies: isAzure,
    flag: { name: 'hub-sku', value: 'SKU', summary: sentences.quickstartPlan.hubSkuFlag },
    question: { message: sentences.quickstartPlan.hubSkuQuestion, dialogue: 'short', when: creates },
  },

  'certificates.keyAlgorithm': {
    kind: 'choice',
    default: 'ec-p256',
    choices: {
      'ec-p256': { label: keyNames['ec-p256'], help: sentences.quickstartPlan.keyP256 },
      'ec-p384': { label: keyNames['ec-p384'], help: sentences.quickstartPlan.keyP384 },
      'rsa-2048': { label: keyNames['rsa-2048'], help: sentences.quickstartPlan.keyRsa2048 },
      'rsa-3072': { label: keyNames['rsa-3072'], help: sentences.quickstartPlan.keyRsa3072 },
      'rsa-4096': { label: keyNames['rsa-4096'], help: sentences.quickstartPlan.keyRsa4096 },
    } satisfies Record<KeyAlgorithm, FieldChoice>,
    description: 'The algorithm of all keys: of CAs and devices.',
    flag: { name: 'key-algorithm', value: 'NAME', summary: sentences.quickstartPlan.keyFlag },
    question: { message: sentences.quickstartPlan.keyQuestion, dialogue: 'details' },
  },
  'certificates.deviceCertificates': {
    kind: 'choice',
    default: 'ca',
    choices: {
      ca: { label: sentences.quickstartPlan.byCaLabel, help: sentences.quickstartPlan.byCaHelp },
      selfSigned: {
        label: sentences.quickstartPlan.selfSignedLabel,
        help: sentences.quickstartPlan.selfSignedHelp,
      },
      csr: { label: sentences.quickstartPlan.csrLabel, help: sentences.quickstartPlan.csrHelp },
    },
    description:
      'ca: the CA of the folder signs them. selfSigned: each is its own issuer. csr: the CA signs the certificate signing requests of the devices, which keep their keys.',
    conflict: (answers: Answers): string | undefined =>
      !hasCas(answers) && isGroup(answers) ? sentences.quickstartPlan.selfSignedInGroup : undefined,
    flag: {
      name: 'device-certificates',
      value: 'HOW',
      summary: sentences.quickstartPlan.deviceCertificatesFlag,
    },
    question: {
      message: sentences.quickstartPlan.deviceCertificatesQuestion,
      dialogue: 'short',
      when: isIndividual,
    },
  },
  'certificates.existingCa': {
    kind: 'choice',
    default: 'none',
    choices: {
      none: { label: sentences.quickstartPlan.newCasLabel, help: sentences.quickstartPlan.newCasHelp },
      root: {
        label: sentences.quickstartPlan.existingRootLabel,
        help: sentences.quickstartPlan.existingRootHelp,
      },
      intermediate: {
        label: sentences.quickstartPlan.existingIntermediateLabel,
        help: sentences.quickstartPlan.existingIntermediateHelp,
      },
    },
    description: 'The existing CA, if it is not created. It is in the certificate folder.',
    conflict(answers: Answers): string | undefined {
      if (!hasCas(answers) && answers['certificates.existingCa'] !== 'none')
        return sentences.quickstartPlan.selfSignedWithoutCa;
      return hasExistingIntermediate(answers) && !hasIntermediate(answers)
        ? sentences.quickstartPlan.existingCaConflict
        : undefined;
    },
    flag: {
      name: 'existing-ca',
      value: 'CA',
      summary: sentences.quickstartPlan.existingCaFlag,
    },
    question: {
      message: sentences.quickstartPlan.existingCaQuestion,
      dialogue: 'short',
      // The answer is a file, and not part of the plan: --ca FILE.
      when: () => false,
    },
  },
  'certificates.rootCommonName': {
    kind: 'text',
    default: null,
    problem: commonNameProblem,
    description: 'null: a unique name is generated.',
    flag: {
      name: 'root-name',
      value: 'NAME',
      summary: sentences.quickstartPlan.rootNameFlag,
    },
    question: {
      message: sentences.quickstartPlan.rootNameQuestion,
      help: sentences.quickstartPlan.commonNameHelp,
      dialogue: 'details',
      when: hasCas,
      none: uniqueName,
    },
  },
  'certificates.intermediate': {
    kind: 'switch',
    default: true,
    description: 'Whether an intermediate CA signs the devices.',
    flag: { name: 'intermediate', summary: sentences.quickstartPlan.intermediateFlag },
    question: {
      message: sentences.quickstartPlan.intermediateQuestion,
      help: sentences.quickstartPlan.intermediateHelp,
      dialogue: 'short',
      when: hasCas,
    },
    summary: {
      label: sentences.quickstartPlan.certificatesLabel,
      text(plan: Plan, folder: string): string {
        const { certificates } = plan;
        const { existingCa } = certificates;
        if (certificates.deviceCertificates === 'selfSigned')
          return sentences.quickstartPlan.selfSignedSummary(folder);
        if (existingCa === 'intermediate')
          return sentences.quickstartPlan.existingIntermediateSummary(folder);
        return sentences.quickstartPlan.certificatesSummary(
          folder,
          existingCa === 'root',
          certificates.rootCommonName ?? undefined,
          certificates.intermediate,
          certificates.intermediateCommonName ?? undefined,
        );
      },
    },
  },
  'certificates.intermediateCommonName': {
    kind: 'text',
    default: null,
    otherwise: null,
    problem: commonNameProblem,
    description: 'null: a unique name is generated.',
    applies: hasIntermediate,
    flag: {
      name: 'intermediate-name',
      value: 'NAME',
      summary: sentences.quickstartPlan.intermediateNameFlag,
    },
    question: {
      message: sentences.quickstartPlan.intermediateNameQuestion,
      help: sentences.quickstartPlan.commonNameHelp,
      dialogue: 'details',
      when: hasCas,
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
      summary: sentences.quickstartPlan.validityFlag,
      invalid: 'USAGE',
    },
    question: {
      message: sentences.quickstartPlan.validityQuestion,
      help: sentences.quickstartPlan.validityHelp,
      dialogue: 'details',
    },
  },
  'certificates.encryptKeys': {
    kind: 'switch',
    default: false,
    description: 'Whether private keys are encrypted; the passphrase is never in the plan.',
    flag: { name: 'encrypt-keys', summary: sentences.quickstartPlan.encryptFlag },
    question: {
      message: sentences.quickstartPlan.encryptQuestion,
      help: sentences.quickstartPlan.encryptHelp,
      dialogue: 'short',
    },
    summary: {
      label: sentences.quickstartPlan.certificatesLabel,
      text: (plan: Plan): string =>
        sentences.quickstartPlan.keysSummary(
          keyNames[plan.certificates.keyAlgorithm],
          plan.certificates.encryptKeys,
        ),
    },
  },

  'certificateAuthority.uploaded': {
    kind: 'choice',
    default: 'root',
    otherwise: 'root',
    choices: {
      root: {
        label: sentences.quickstartPlan.uploadRootLabel,
        help: sentences.quickstartPlan.uploadRootHelp,
      },
      intermediate: {
        label: sentences.quickstartPlan.uploadIntermediateLabel,
        help: sentences.quickstartPlan.uploadIntermediateHelp,
      },
    },
    description: 'The CA that is uploaded and verified.',
    conflict(answers: Answers): string | undefined {
      const uploaded = answers['certificateAuthority.uploaded'];
      if (uploaded === 'intermediate' && !hasIntermediate(answers))
        return sentences.quickstartPlan.noIntermediate;
      return uploaded === 'root' && hasExistingIntermediate(answers)
        ? sentences.quickstartPlan.rootKeyMissing
        : undefined;
    },
    flag: { name: 'upload', value: 'CA', summary: sentences.quickstartPlan.uploadFlag },
    question: {
      message: sentences.quickstartPlan.uploadQuestion,
      dialogue: 'details',
      when: (answers: Answers): boolean => hasIntermediate(answers) && isGroup(answers),
    },
    summary: {
      label: sentences.quickstartPlan.uploadedCaLabel,
      text: (plan: Plan): string | undefined =>
        plan.devices.enrollment === 'individual'
          ? undefined
          : sentences.quickstartPlan.uploadedSummary(
              plan.certificateAuthority.uploaded,
              plan.certificateAuthority.name,
            ),
    },
  },
  'certificateAuthority.name': {
    kind: 'text',
    default: 'enrollkit-root',
    problem: certificateNameProblem,
    description: 'The name of the CA in DPS.',
    flag: {
      name: 'ca-name',
      value: 'NAME',
      summary: sentences.quickstartPlan.caNameFlag,
      invalid: 'INVALID_CERTIFICATE_NAME',
    },
    question: {
      message: sentences.quickstartPlan.caNameQuestion,
      help: sentences.quickstartPlan.caNameHelp,
      dialogue: 'details',
      when: isGroup,
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
        label: sentences.quickstartPlan.automaticLabel,
        help: sentences.quickstartPlan.automaticHelp,
      },
      portal: {
        label: sentences.quickstartPlan.byHandLabel,
        help: sentences.quickstartPlan.byHandHelp,
      },
    },
    description:
      'automatic: through Azure Resource Manager. portal: by hand, in the portal or with commands on the emulator.',
    flag: {
      name: 'proof-of-possession',
      value: 'HOW',
      summary: sentences.quickstartPlan.proofFlag,
    },
    question: {
      message: sentences.quickstartPlan.proofQuestion,
      dialogue: 'short',
      after: 'target.dpsName',
      when: isGroup,
    },
    summary: {
      label: sentences.quickstartPlan.uploadedCaLabel,
      text: (plan: Plan): string | undefined =>
        plan.devices.enrollment === 'individual'
          ? undefined
          : sentences.quickstartPlan.proofSummary(plan.certificateAuthority.proofOfPossession),
    },
  },

  'enrollmentGroup.id': {
    kind: 'text',
    default: 'enrollkit-devices',
    problem: enrollmentGroupIdProblem,
    flag: {
      name: 'group',
      value: 'ID',
      summary: sentences.quickstartPlan.groupFlag,
      invalid: 'INVALID_ENROLLMENT_GROUP_ID',
    },
    question: {
      message: sentences.quickstartPlan.groupQuestion,
      help: sentences.quickstartPlan.groupHelp,
      dialogue: 'short',
      when: isGroup,
    },
    summary: {
      label: enrollmentLabel,
      text(plan: Plan): string {
        const { id, provisioningStatus } = plan.enrollmentGroup;
        const isIndividual = plan.devices.enrollment === 'individual';
        const { individualSummary, enrollmentSummary } = sentences.quickstartPlan;
        return enrollmentSummary(isIndividual ? individualSummary : id, provisioningStatus);
      },
    },
  },
  'enrollmentGroup.attestation': {
    kind: 'choice',
    default: 'caReference',
    choices: {
      caReference: {
        label: sentences.quickstartPlan.attestationCaReference,
        help: sentences.quickstartPlan.attestationCaReferenceHelp,
      },
      certificate: {
        label: sentences.quickstartPlan.attestationCertificate,
        help: sentences.quickstartPlan.attestationCertificateHelp,
      },
    },
    description:
      'caReference: by the name of the uploaded CA. certificate: by the CA certificate that signs the devices.',
    flag: {
      name: 'attestation',
      value: 'HOW',
      summary: sentences.quickstartPlan.attestationFlag,
    },
    question: {
      message: sentences.quickstartPlan.attestationQuestion,
      dialogue: 'details',
      when: isGroup,
    },
    summary: {
      label: enrollmentLabel,
      text: (plan: Plan): string | undefined =>
        plan.devices.enrollment === 'individual'
          ? undefined
          : sentences.quickstartPlan.attestationSummary(plan.enrollmentGroup.attestation),
    },
  },
  'enrollmentGroup.allocationPolicy': {
    kind: 'choice',
    default: 'hashed',
    choices: {
      hashed: {
        label: sentences.quickstartPlan.hashedLabel,
        help: sentences.quickstartPlan.hashedHelp,
      },
      geoLatency: {
        label: sentences.quickstartPlan.geoLatencyLabel,
        help: sentences.quickstartPlan.geoLatencyHelp,
      },
      static: { label: sentences.quickstartPlan.staticLabel, help: sentences.quickstartPlan.staticHelp },
      custom: { label: sentences.quickstartPlan.customLabel, help: sentences.quickstartPlan.customHelp },
    } satisfies Record<AllocationPolicy, FieldChoice>,
    flag: { name: 'allocation-policy', value: 'NAME', summary: sentences.quickstartPlan.allocationFlag },
    question: { message: sentences.quickstartPlan.allocationQuestion, dialogue: 'details' },
    summary: {
      label: enrollmentLabel,
      text(plan: Plan): string {
        const { allocationPolicy, iotHubs } = plan.enrollmentGroup;
        return iotHubs === null
          ? sentences.quickstartPlan.allHubsSummary(allocationPolicy)
          : sentences.quickstartPlan.hubsSummary(allocationPolicy, iotHubs);
      },
    },
  },
  'enrollmentGroup.webhookUrl': {
    kind: 'text',
    default: undefined,
    otherwise: undefined,
    problem(value: string): string | undefined {
      if (!isWebhookUrl(value)) return sentences.quickstartPlan.notWebhookUrl;
      return hasSecret(value) ? sentences.quickstartPlan.secretInWebhook : undefined;
    },
    description:
      'The webhook that assigns devices to hubs, for the allocation policy custom. The key of an Azure function is not part of a plan: ENROLLKIT_WEBHOOK_KEY.',
    conflict: webhookProblem,
    flag: { name: 'webhook-url', value: 'URL', summary: sentences.quickstartPlan.webhookFlag },
    question: {
      message: sentences.quickstartPlan.webhookQuestion,
      help: sentences.quickstartPlan.webhookHelp,
      dialogue: 'details',
      when: isCustom,
    },
    summary: {
      label: enrollmentLabel,
      text: (plan: Plan): string | undefined =>
        plan.enrollmentGroup.webhookUrl === undefined
          ? undefined
          : sentences.quickstartPlan.webhookSummary(plan.enrollmentGroup.webhookUrl),
    },
  },
  'enrollmentGroup.webhookApiVersion': {
    kind: 'text',
    default: undefined,
    otherwise: undefined,
    problem: (value: string): string | undefined =>
      webhookApiVersions.includes(value)
        ? undefined
        : sentences.quickstartPlan.notWebhookApiVersion(webhookApiVersions),
    description:
      'The api-version in which the webhook gets the enrollment; the one that enrollkit uses if it is left out.',
    conflict: (answers: Answers): string | undefined =>
      !isCustom(answers) && answers['enrollmentGroup.webhookApiVersion'] !== undefined
        ? sentences.quickstartPlan.webhookWithoutCustom
        : undefined,
    flag: {
      name: 'webhook-api-version',
      value: 'VERSION',
      summary: sentences.quickstartPlan.webhookApiVersionFlag(webhookApiVersions[0]!),
    },
    question: {
      message: sentences.quickstartPlan.webhookApiVersionQuestion,
      help: sentences.quickstartPlan.webhookApiVersionHelp,
      dialogue: 'details',
      optional: () => true,
      when: isCustom,
    },
  },
  'enrollmentGroup.iotHubs': {
    kind: 'list',
    default: null,
    problem(value: string): string | undefined {
      if (value === '') return sentences.quickstartPlan.hubMissing;
      return /^[a-z0-9][a-z0-9.-]*(:\d{1,5})?$/i.test(value)
        ? undefined
        : sentences.quickstartPlan.notHostName(value);
    },
    empty: sentences.quickstartPlan.noHub,
    listProblem(hubs: readonly string[], answers: Answers): ListProblem | undefined {
      return isStatic(answers) && hubs.length > 1 ? { message: sentences.quickstartPlan.oneHub } : undefined;
    },
    description: 'Host names of linked hubs; null: all of them.',
    flag: { name: 'hub', value: 'HOST', summary: sentences.quickstartPlan.hubFlag },
    question: {
      message: (answers: Answers): string =>
        isStatic(answers) ? sentences.quickstartPlan.hubQuestion : sentences.quickstartPlan.hubsQuestion,
      help: (answers: Answers): string => sentences.quickstartPlan.hubsHelp(!isAzure(answers)),
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
      summary: sentences.quickstartPlan.twinFlag,
    },
    question: {
      message: sentences.quickstartPlan.twinQuestion,
      help: sentences.quickstartPlan.twinHelp,
      dialogue: 'details',
      none: 'none',
    },
    summary: {
      label: sentences.quickstartPlan.twinLabel,
      text(plan: Plan): string | undefined {
        const { initialTwin } = plan.enrollmentGroup;
        return initialTwin ? shownJson(initialTwin) : undefined;
      },
    },
  },
  'enrollmentGroup.reprovisionPolicy': {
    kind: 'choice',
    default: 'migrate',
    choices: {
      migrate: { label: sentences.quickstartPlan.migrateLabel, help: sentences.quickstartPlan.migrateHelp },
      reset: { label: sentences.quickstartPlan.resetLabel, help: sentences.quickstartPlan.resetHelp },
      never: { label: sentences.quickstartPlan.neverLabel, help: sentences.quickstartPlan.neverHelp },
    },
    flag: {
      name: 'reprovision-policy',
      value: 'NAME',
      summary: sentences.quickstartPlan.reprovisionFlag,
    },
    question: {
      message: sentences.quickstartPlan.reprovisionQuestion,
      dialogue: 'details',
    },
    summary: {
      label: enrollmentLabel,
      text: (plan: Plan): string =>
        sentences.quickstartPlan.reprovisionSummary(plan.enrollmentGroup.reprovisionPolicy),
    },
  },
  'enrollmentGroup.iotEdge': {
    kind: 'switch',
    default: false,
    description: 'Whether the devices are IoT Edge gateways; each then gets a CA certificate too.',
    conflict: (answers: Answers): string | undefined =>
      answers['enrollmentGroup.iotEdge'] && answers['certificates.deviceCertificates'] !== 'ca'
        ? sentences.quickstartPlan.iotEdgeNeedsCa
        : undefined,
    flag: { name: 'iot-edge', summary: sentences.quickstartPlan.iotEdgeFlag },
    question: {
      message: sentences.quickstartPlan.iotEdgeQuestion,
      help: sentences.quickstartPlan.iotEdgeHelp,
      dialogue: 'details',
      when: (answers: Answers): boolean => answers['certificates.deviceCertificates'] === 'ca',
    },
  },
  'enrollmentGroup.provisioningStatus': {
    kind: 'choice',
    default: 'enabled',
    choices: {
      enabled: { label: sentences.quickstartPlan.enabledLabel, help: sentences.quickstartPlan.enabledHelp },
      disabled: {
        label: sentences.quickstartPlan.disabledLabel,
        help: sentences.quickstartPlan.disabledHelp,
      },
    },
    flag: { name: 'provisioning-status', value: 'STATUS', summary: sentences.quickstartPlan.statusFlag },
    question: { message: sentences.quickstartPlan.statusQuestion, dialogue: 'details' },
  },

  'devices.enrollment': {
    kind: 'choice',
    default: 'group',
    choices: {
      group: {
        label: sentences.quickstartPlan.enrollmentGroupLabel,
        help: sentences.quickstartPlan.enrollmentGroupHelp,
      },
      individual: {
        label: sentences.quickstartPlan.individualLabel,
        help: sentences.quickstartPlan.individualHelp,
      },
    },
    description:
      'group: the enrollment group enrolls them. individual: each device has an individual enrollment, with the settings of enrollmentGroup.',
    flag: { name: 'enrollment', value: 'KIND', summary: sentences.quickstartPlan.enrollmentFlag },
    question: {
      message: sentences.quickstartPlan.enrollmentQuestion,
      dialogue: 'short',
      after: 'target.kind',
    },
  },
  'devices.registrationIds': {
    kind: 'list',
    default: ['device-001', 'device-002', 'device-003'],
    maximum: maxDevices,
    problem: registrationIdProblem,
    empty: sentences.quickstartPlan.registrationIdMissing,
    listProblem(ids: readonly string[]): ListProblem | undefined {
      const first = new Map<string, string>();
      for (const [index, id] of ids.entries()) {
        const same = first.get(id.toLowerCase());
        if (same !== undefined) {
          return {
            index,
            message: sentences.quickstartPlan.sameId(id, same),
          };
        }
        first.set(id.toLowerCase(), id);
      }
      return undefined;
    },
    flag: {
      name: 'device',
      value: 'ID',
      summary: sentences.quickstartPlan.deviceFlag,
      invalid: 'INVALID_REGISTRATION_ID',
    },
    question: {
      message: sentences.quickstartPlan.registrationIdsQuestion,
      help: sentences.quickstartPlan.registrationIdsHelp,
      dialogue: 'short',
    },
    summary: {
      label: sentences.quickstartPlan.devicesLabel,
      text(plan: Plan): string {
        const { certificates, enrollmentGroup } = plan;
        const ids = plan.devices.registrationIds;
        const names = ids.length <= 4 ? ids : [ids[0]!, ids[1]!, '...', ids.at(-1)!];
        return sentences.quickstartPlan.devicesSummary(
          ids.length,
          enrollmentGroup.iotEdge,
          names,
          certificates.deviceValidityDays,
        );
      },
    },
  },
  'devices.details': {
    kind: 'devices',
    default: null,
    description:
      'Only with individual enrollments: the device ID in the hub, and tags of the initial twin, by registration ID.',
    conflict: (answers: Answers): string | undefined => detailsProblem(answers),
    flag: { name: 'devices', value: 'FILE', summary: sentences.quickstartPlan.devicesFlag },
    question: {
      message: sentences.quickstartPlan.registrationIdsQuestion,
      dialogue: 'short',
      // They come with the registration IDs of a file.
      when: () => false,
    },
  },
  'devices.requestCertificates': {
    kind: 'switch',
    default: false,
    description:
      'Whether each device sends a certificate signing request when it registers, and uses the certificate that Azure issues with its hub.',
    conflict: (answers: Answers): string | undefined =>
      requestsCertificates(answers) && answers['certificates.deviceCertificates'] === 'csr'
        ? sentences.quickstartPlan.requestWithoutKey
        : undefined,
    flag: { name: 'request-certificates', summary: sentences.quickstartPlan.requestFlag },
    question: {
      message: sentences.quickstartPlan.requestQuestion,
      help: sentences.quickstartPlan.requestHelp,
      dialogue: 'details',
      when: (answers: Answers): boolean => answers['certificates.deviceCertificates'] !== 'csr',
    },
    summary: {
      label: sentences.quickstartPlan.devicesLabel,
      text: (plan: Plan): string | undefined =>
        plan.devices.requestCertificates ? sentences.quickstartPlan.requestSummary : undefined,
    },
  },
  'devices.credentialPolicy': {
    kind: 'text',
    default: null,
    otherwise: null,
    problem: credentialPolicyProblem,
    pattern: credentialPolicyPattern,
    description:
      'The credential policy that issues those certificates; null: the default one of the emulator.',
    conflict: (answers: Answers): string | undefined =>
      requestsCertificates(answers) && isAzure(answers) && answers['devices.credentialPolicy'] === null
        ? sentences.quickstartPlan.policyNeeded
        : undefined,
    flag: { name: 'credential-policy', value: 'NAME', summary: sentences.quickstartPlan.policyFlag },
    question: {
      message: sentences.quickstartPlan.policyQuestion,
      help: sentences.quickstartPlan.policyHelp,
      dialogue: 'details',
      none: 'default',
      when: requestsCertificates,
    },
  },
  'devices.protocol': {
    kind: 'choice',
    default: 'mqtt',
    choices: {
      mqtt: { label: 'MQTT', help: sentences.quickstartPlan.mqttHelp },
      https: { label: 'HTTPS', help: sentences.quickstartPlan.httpsHelp },
      amqp: { label: 'AMQP', help: sentences.quickstartPlan.amqpHelp },
    },
    description: 'How the devices register.',
    flag: { name: 'protocol', value: 'NAME', summary: sentences.quickstartPlan.protocolFlag },
    question: { message: sentences.quickstartPlan.protocolQuestion, dialogue: 'details' },
    summary: {
      label: sentences.quickstartPlan.devicesLabel,
      text: (plan: Plan): string =>
        sentences.quickstartPlan.protocolSummary(plan.devices.protocol.toUpperCase()),
    },
  },
  'devices.sendTelemetry': {
    kind: 'switch',
    default: true,
    description: 'Whether each device then sends its hub a message and reads its twin.',
    flag: { name: 'telemetry', summary: sentences.quickstartPlan.telemetryFlag },
    question: {
      message: sentences.quickstartPlan.telemetryQuestion,
      help: sentences.quickstartPlan.telemetryHelp,
      dialogue: 'details',
    },
    summary: {
      label: sentences.quickstartPlan.devicesLabel,
      text: (plan: Plan): string | undefined =>
        plan.devices.sendTelemetry ? sentences.quickstartPlan.telemetrySummary : undefined,
    },
  },
} as const satisfies Record<`${GroupName}.${string}`, Field>;

/** The groups of a plan, and the heading of each one's flags in the help. */
export const planGroups = {
  target: { heading: sentences.quickstartPlan.whereHeading },
  certificates: { heading: sentences.quickstartPlan.certificatesHeading },
  certificateAuthority: { heading: sentences.quickstartPlan.caHeading },
  enrollmentGroup: { heading: sentences.quickstartPlan.groupHeading },
  devices: { heading: sentences.quickstartPlan.devicesHeading },
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

/** What a device has besides its registration ID. */
export interface PlannedDevice {
  /** Its ID in the hub; by default the registration ID. */
  deviceId?: string | undefined;
  /** Of its initial twin, besides those of all devices. */
  tags?: { [name: string]: JsonValue } | undefined;
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
          : F extends { kind: 'twin' }
            ? PlannedTwin | null
            : { [registrationId: string]: PlannedDevice } | null;

/** The value of a field. */
export type FieldValue<Path extends FieldPath> = ValueOf<Fields[Path]>;

type AnswersByPath = { [Path in FieldPath]: FieldValue<Path> };
/** A plan with its fields side by side, as the wizard and the flags fill it in. */
export interface Answers extends AnswersByPath {}

type NameIn<Group extends GroupName, Path extends FieldPath> = Path extends `${Group}.${infer Name}`
  ? Name
  : never;
/** A field without a default may be left out. */
type OptionalPath = {
  [Path in FieldPath]: Fields[Path] extends { default: undefined } ? Path : never;
}[FieldPath];
type PlanGroup<Group extends GroupName> = {
  [Path in Exclude<FieldPath, OptionalPath> as NameIn<Group, Path>]: FieldValue<Path>;
} & { [Path in OptionalPath as NameIn<Group, Path>]?: FieldValue<Path> };

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
