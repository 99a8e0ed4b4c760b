/** Converts enrollments between the form of the page and the service plane. */
import type { EnrollmentGroup, IndividualEnrollment } from '../../../dps/contract/schemas.js';
import type { PageContext } from '../page-context.js';
import { parseJsonField, type Refusal, type Submission } from '../submission.js';
import type { WireReply } from '../wire.js';

/** The kinds of attestation that the form offers, by kind of enrollment. */
export const attestations = {
  group: ['caReferences', 'signingCertificates', 'symmetricKey'],
  individual: ['clientCertificates', 'caReferences', 'symmetricKey'],
} as const;

export type EnrollmentType = keyof typeof attestations;
export type AttestationChoice = (typeof attestations)[EnrollmentType][number];

/** An enrollment of the service plane, of either kind. */
export type EnrollmentJson = Omit<EnrollmentGroup, 'enrollmentGroupId'> &
  Partial<Pick<EnrollmentGroup, 'enrollmentGroupId'>> &
  Partial<Pick<IndividualEnrollment, 'registrationId' | 'deviceId'>>;

export const reprovisionings = {
  migrate: { updateHubAssignment: true, migrateDeviceData: true },
  reset: { updateHubAssignment: true, migrateDeviceData: false },
  never: { updateHubAssignment: false, migrateDeviceData: false },
} as const;

type Reprovisioning = keyof typeof reprovisionings;

export const policies = ['hashed', 'geoLatency', 'static', 'custom'] as const;

export const idFields = { group: 'enrollmentGroupId', individual: 'registrationId' } as const;

/** The choice for an enrollment; undefined for a kind that the form does not offer. */
export function choiceOf({ attestation }: EnrollmentJson): AttestationChoice | undefined {
  const { type, x509 } = attestation;
  if (type === 'symmetricKey') return 'symmetricKey';
  if (x509?.caReferences) return 'caReferences';
  if (x509?.signingCertificates) return 'signingCertificates';
  return x509?.clientCertificates ? 'clientCertificates' : undefined;
}

export function reprovisioningOf({ reprovisionPolicy }: EnrollmentJson): Reprovisioning {
  if (reprovisionPolicy?.updateHubAssignment === false) return 'never';
  return reprovisionPolicy?.migrateDeviceData === false ? 'reset' : 'migrate';
}

/**
 * The body of a PUT: the enrollment before, with the fields of the form.
 *
 * @param before undefined for a new enrollment
 */
export async function bodyOf(
  page: PageContext,
  { type, id }: { type: EnrollmentType; id: string },
  sent: Submission,
  before: EnrollmentJson | undefined,
): Promise<{ body: EnrollmentJson } | { refusal: Refusal }> {
  const twin = parseJsonField(page, sent, 'initialTwin');
  if ('refusal' in twin) return twin;
  const attestation = await attestationOf(page, sent, before);
  if ('refusal' in attestation) return attestation;
  const policy = sent.text('allocationPolicy');
  const hubs = sent.list('iotHubs');
  const deviceId = sent.text('deviceId').trim();
  const {
    iotHubs: _,
    allocationPolicy: __,
    customAllocationDefinition: ___,
    initialTwin: ____,
    ...kept
  } = before ?? {};
  const body = {
    ...kept,
    [idFields[type]]: id,
    attestation: attestation.value,
    capabilities: { iotEdge: sent.text('iotEdge') !== '' },
    provisioningStatus: sent.text('enabled') === '' ? 'disabled' : 'enabled',
    reprovisionPolicy:
      reprovisionings[sent.text('reprovisioning') as Reprovisioning] ?? reprovisionings.migrate,
    ...(policy === '' ? {} : { allocationPolicy: policy }),
    ...(policy === 'custom'
      ? {
          customAllocationDefinition: {
            webhookUrl: sent.text('webhookUrl').trim(),
            apiVersion: before?.customAllocationDefinition?.apiVersion ?? '2021-10-01',
          },
        }
      : {}),
    ...(hubs.length === 0 ? {} : { iotHubs: hubs }),
    ...(twin.value === undefined ? {} : { initialTwin: twin.value }),
    ...(type === 'individual' ? { deviceId: deviceId === '' ? undefined : deviceId } : {}),
  };
  return { body: body as EnrollmentJson };
}

/** The field that a message of the service plane is about. */
export const enrollmentFields: readonly (readonly [RegExp, string])[] = [
  [/initialTwin|twin/i, 'initialTwin'],
  [/webhook|customAllocation/i, 'webhookUrl'],
  [/device ?Id/i, 'deviceId'],
  [/iotHubs|IoT hub/i, 'iotHubs'],
  [/allocation/i, 'allocationPolicy'],
  [/secondary/i, 'secondary'],
  [/symmetricKey|primaryKey|\bkey/i, 'primaryKey'],
  [/certificate|\bCA\b|caReferences|primary/i, 'primary'],
  [/\bID\b/, 'id'],
];

async function attestationOf(
  { text }: PageContext,
  sent: Submission,
  before: EnrollmentJson | undefined,
): Promise<{ value: unknown } | { refusal: Refusal }> {
  const choice = sent.text('attestation');
  const isKept = before !== undefined && choiceOf(before) === choice;
  switch (choice) {
    case 'symmetricKey': {
      const [primaryKey, secondaryKey] = [sent.text('primaryKey').trim(), sent.text('secondaryKey').trim()];
      const symmetricKey = {
        ...(primaryKey ? { primaryKey } : {}),
        ...(secondaryKey ? { secondaryKey } : {}),
      };
      return { value: { type: 'symmetricKey', symmetricKey } };
    }
    case 'caReferences': {
      const [primary, secondary] = [sent.text('primary'), sent.text('secondary')];
      if (primary === '') return { refusal: { status: 400, field: 'primary', message: text.required } };
      return {
        value: { type: 'x509', x509: { caReferences: { primary, ...(secondary ? { secondary } : {}) } } },
      };
    }
    case 'signingCertificates':
    case 'clientCertificates': {
      const [primary, secondary] = [await sent.file('primaryFile'), await sent.file('secondaryFile')];
      const known = isKept ? before.attestation.x509?.[choice] : undefined;
      if (!primary && !known?.primary) {
        return { refusal: { status: 400, field: 'primaryFile', message: text.fileRequired } };
      }
      const slot = (file: Buffer | undefined, current: unknown) =>
        file === undefined ? current : { certificate: file.toString('base64') };
      const certificates = {
        primary: slot(primary, known?.primary),
        secondary: slot(secondary, known?.secondary),
      };
      return { value: { type: 'x509', x509: { [choice]: certificates } } };
    }
    default:
      // A kind that the form does not offer, such as TPM, is kept.
      return { value: before?.attestation };
  }
}

/** The enrollment in a reply. */
export function enrollmentIn({ body }: WireReply): EnrollmentJson {
  return body as EnrollmentJson;
}
