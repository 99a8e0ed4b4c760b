/**
 * Compares enrollment groups and individual enrollments with the wanted settings, and changes them without losing other
 * settings.
 */
import { isDeepStrictEqual } from 'node:util';
import { parseCertificate } from '../../pki/x509/certificate.js';
import { sha1Thumbprint, sha256Thumbprint } from '../../pki/x509/inspect.js';
import { sameId } from '../contract/ids.js';
import { mergePatch } from '../contract/merge-patch.js';
import type { EnrollmentGroup, InitialTwin } from '../contract/schemas.js';
import { hasSecret, withoutFunctionKey } from '../contract/webhook-url.js';

/**
 * The wanted settings of an enrollment. A member that is absent or null can have any value. The initial twin is a JSON
 * merge patch (RFC 7396): null removes a member.
 */
export type EnrollmentMembers = Partial<
  Pick<
    EnrollmentGroup,
    | 'attestation'
    | 'capabilities'
    | 'provisioningStatus'
    | 'reprovisionPolicy'
    | 'allocationPolicy'
    | 'customAllocationDefinition'
    | 'iotHubs'
    | 'initialTwin'
  >
>;

type Settable = Pick<EnrollmentGroup, keyof EnrollmentMembers>;

/** An enrollment group or individual enrollment from the service. */
export type FoundEnrollment = Omit<EnrollmentGroup, 'enrollmentGroupId'>;

interface Member<Value> {
  /** The names, as in the API, of what differs. */
  differences(wanted: Value, found: Value | null | undefined, enrollment: FoundEnrollment): string[];
  merge(wanted: Value, found: Value | null | undefined): Value;
}

type Members = { readonly [Name in keyof Settable]-?: Member<NonNullable<Settable[Name]>> };

/**
 * In replies of the service, absent members have their default. An enrollment without an allocation policy uses that of
 * the provisioning service, which is unknown here.
 */
const members: Members = {
  attestation: { differences: attestationDifferences, merge: mergeAttestation },
  capabilities: {
    differences: (wanted, found) =>
      nameIf('capabilities', isEdge({ ...found, ...wanted }) !== isEdge({ ...found })),
    merge: (wanted, found) => ({ ...found, ...wanted }),
  },
  provisioningStatus: {
    differences: (wanted, found) => nameIf('provisioningStatus', wanted !== (found ?? 'enabled')),
    merge: (wanted) => wanted,
  },
  reprovisionPolicy: {
    differences: (wanted, found) =>
      nameIf(
        'reprovisionPolicy',
        !found || !isDeepStrictEqual(policyOf({ ...found, ...wanted }), policyOf(found)),
      ),
    merge: (wanted, found) => ({ ...found, ...wanted }),
  },
  allocationPolicy: {
    differences: (wanted, found) => nameIf('allocationPolicy', wanted !== found),
    merge: (wanted) => wanted,
  },
  customAllocationDefinition: {
    differences: (wanted, found) =>
      nameIf(
        'customAllocationDefinition',
        wanted.apiVersion !== found?.apiVersion || !isSameWebhook(wanted.webhookUrl, found.webhookUrl),
      ),
    // A URL without a key leaves the key as it is.
    merge: (wanted, found) =>
      found && isSameWebhook(wanted.webhookUrl, found.webhookUrl)
        ? { ...wanted, webhookUrl: found.webhookUrl }
        : wanted,
  },
  iotHubs: {
    differences: (wanted, found, { iotHubHostName }) => {
      const hubs = found ?? (iotHubHostName ? [iotHubHostName] : []);
      return nameIf('iotHubs', !isDeepStrictEqual(hubSet(wanted), hubSet(hubs)));
    },
    merge: (wanted) => wanted,
  },
  initialTwin: {
    differences: (wanted, found) => {
      const [before, after] = [settableTwin(found), mergeTwin(wanted, found)];
      return [
        ...nameIf('initialTwin.tags', !sameCollection(before.tags, after.tags)),
        ...nameIf(
          'initialTwin.properties.desired',
          !sameCollection(before.properties?.desired, after.properties?.desired),
        ),
      ];
    },
    merge: mergeTwin,
  },
};

const names = Object.keys(members) as (keyof Settable)[];

/**
 * The members of an enrollment that differ from the wanted ones, by their names in the API; empty if none does.
 *
 * @throws EnrollkitError INVALID_CERTIFICATE when a wanted certificate is invalid
 */
export function differingMembers(wanted: EnrollmentMembers, found: FoundEnrollment): string[] {
  return names.flatMap((name) => {
    const value = wanted[name];
    if (value == null) return [];
    const { differences } = members[name] as Member<unknown>;
    return differences(value, found[name], found);
  });
}

/** Set by the service, and ignored in requests. */
const readOnlyMembers = ['registrationState', 'createdDateTimeUtc', 'lastUpdatedDateTimeUtc'];

/**
 * An enrollment to replace the one that was read: with the wanted members, and all others unchanged, including unknown
 * ones and the etag.
 */
export function withMembers<Found extends FoundEnrollment>(found: Found, wanted: EnrollmentMembers): Found {
  const kept = Object.entries(found).filter(([name]) => !readOnlyMembers.includes(name));
  const set = names.flatMap((name) => {
    const value = wanted[name];
    if (value == null) return [];
    return [[name, (members[name] as Member<unknown>).merge(value, found[name])] as const];
  });
  const changed = { ...Object.fromEntries(kept), ...Object.fromEntries(set) } as Found;
  // The older form of a list with one hub, which must not contradict the list.
  if (wanted.iotHubs) delete changed.iotHubHostName;
  if (changed.initialTwin) changed.initialTwin = settableTwin(changed.initialTwin);
  return changed;
}

const nameIf = (name: string, differs: boolean): string[] => (differs ? [name] : []);

const isEdge = ({ iotEdge }: NonNullable<Settable['capabilities']>) => iotEdge ?? false;

const policyOf = (policy: NonNullable<Settable['reprovisionPolicy']>) => ({
  updateHubAssignment: policy.updateHubAssignment ?? true,
  migrateDeviceData: policy.migrateDeviceData ?? true,
});

const hubSet = (hubs: readonly string[]) => hubs.map((hub) => hub.toLowerCase()).sort();

type Attestation = Settable['attestation'];
type X509 = NonNullable<Attestation['x509']>;

const x509Kinds = ['clientCertificates', 'signingCertificates', 'caReferences'] as const;
const slots = ['primary', 'secondary'] as const;
/** A certificate, or the name of an uploaded one. */
type Slot = NonNullable<NonNullable<X509[(typeof x509Kinds)[number]]>['primary']>;

function attestationDifferences(wanted: Attestation, found: Attestation | null | undefined): string[] {
  const [kind, pair] = pairOf(wanted);
  const other = found?.x509?.[kind];
  const isSame = slots.every((slot) => !pair[slot] || isSameSlot(pair[slot], other?.[slot]));
  return nameIf('attestation', found?.type !== wanted.type || !isSame);
}

/**
 * A slot without a wanted certificate keeps its own, by the description that the service sends and accepts. A secondary
 * certificate that repeats the primary one is replaced with it: otherwise the device could still use its old
 * certificate.
 */
function mergeAttestation(wanted: Attestation, found: Attestation | null | undefined): Attestation {
  const [kind, pair] = pairOf(wanted);
  const other = found?.type === wanted.type ? found.x509?.[kind] : undefined;
  if (!other) return wanted;
  const { primary, secondary } = other;
  const isReplaced = primary && pair.primary && !isSameSlot(pair.primary, primary);
  const kept = isReplaced && isSameSlot(primary, secondary) ? { ...other, secondary: null } : other;
  return { ...wanted, x509: { [kind]: { ...kept, ...pair } } };
}

function pairOf({ x509 }: Attestation) {
  const kind = x509Kinds.find((one) => x509?.[one] != null);
  if (!kind) throw new TypeError('only attestation by X.509 is compared');
  return [kind, x509![kind]!] as const;
}

function isSameSlot(one: Slot, other: Slot | null | undefined): boolean {
  if (other == null) return false;
  if (typeof one === 'string' || typeof other === 'string') {
    return typeof one === 'string' && typeof other === 'string' && sameId(one, other);
  }
  const [left, right] = [thumbprints(one), thumbprints(other)];
  if (left.sha256 && right.sha256) return left.sha256 === right.sha256;
  return left.sha1 !== undefined && left.sha1 === right.sha1;
}

function thumbprints({ certificate, info }: Exclude<Slot, string>) {
  if (certificate) {
    const parsed = parseCertificate(certificate);
    return { sha1: sha1Thumbprint(parsed), sha256: sha256Thumbprint(parsed) };
  }
  return { sha1: info?.sha1Thumbprint?.toUpperCase(), sha256: info?.sha256Thumbprint?.toUpperCase() };
}

type Collection = NonNullable<InitialTwin['tags']>;

function mergeTwin(wanted: InitialTwin, found: InitialTwin | null | undefined): InitialTwin {
  const own = settableTwin(found);
  const desired = wanted.properties?.desired;
  return {
    ...own,
    ...(wanted.tags ? { tags: mergePatch(own.tags, wanted.tags) } : {}),
    ...(desired
      ? { properties: { ...own.properties, desired: mergePatch(own.properties?.desired, desired) } }
      : {}),
  };
}

/** A twin without what the service adds to its collections and does not accept: version and metadata. */
export function settableTwin(twin: InitialTwin | null | undefined): InitialTwin {
  if (!twin) return {};
  const { tags, properties } = twin;
  return {
    ...twin,
    ...(tags ? { tags: settableCollection(tags) } : {}),
    ...(properties?.desired
      ? { properties: { ...properties, desired: settableCollection(properties.desired) } }
      : {}),
  };
}

function settableCollection(collection: Collection): Collection {
  return Object.fromEntries(Object.entries(collection).filter(([name]) => !name.startsWith('$')));
}

const sameCollection = (one: Collection | null | undefined, other: Collection | null | undefined) =>
  isDeepStrictEqual(one ?? {}, other ?? {});

/** Whether two URLs are of the same webhook; a wanted one without a key has any. */
function isSameWebhook(wanted: string, found: string): boolean {
  return hasSecret(wanted)
    ? wanted === found
    : wanted === found || new URL(wanted).href === withoutFunctionKey(found);
}
