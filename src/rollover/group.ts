/**
 * An enrollment group in a roll-over: by the old CA, by the new and the old, by the new alone.
 *
 * Source: Microsoft Learn, "How to roll X.509 device certificates", enrollment groups and certificate expiration: both
 * slots are accepted alike. There the new CA comes into the free slot, the second, and the slots take turns; here the
 * new one always becomes the primary, which is what a quickstart compares a group with.
 */

import { withMembers } from '../dps/client/enrollment-members.js';
import { sameId } from '../dps/contract/ids.js';
import type { EnrollmentGroup } from '../dps/contract/schemas.js';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { parseCertificates } from '../pki/x509/certificate.js';
import { sha1Thumbprint, sha256Thumbprint } from '../pki/x509/inspect.js';
import type { ReplacedAuthority } from './authorities.js';
import type { DpsOptions, Upload } from './uploads.js';

export interface EnrollmentGroupResult {
  id: string;
  /**
   * `both`: the new CA is its primary, the old its secondary. `new`: the new alone. `unchanged`: it attests by a CA
   * above, and takes devices of the old and of the new alike. `gone`: it was deleted.
   */
  holds: 'both' | 'new' | 'unchanged' | 'gone';
  /** Names of uploaded CAs, or SHA-256 fingerprints; null for an empty slot. */
  primary: string | null;
  secondary: string | null;
}

type Slot =
  | { is: 'empty' }
  | { is: 'other'; value: string }
  | { is: 'old' | 'new'; value: string; authority: ReplacedAuthority };

type Pair = readonly [primary: Slot, secondary: Slot];

/**
 * Makes a group accept both: the new CA as its primary certificate, the old one as its secondary.
 *
 * @param uploads undefined when Azure Resource Manager may not be asked
 * @throws EnrollkitError NOT_FOUND; CONFLICT when the group attests otherwise, or another CA is in the way;
 *   PRECONDITION_FAILED; NOT_READ_BACK
 */
export async function turnToBoth(
  options: DpsOptions,
  id: string,
  rolled: readonly ReplacedAuthority[],
  uploads: readonly Upload[] | undefined,
): Promise<EnrollmentGroupResult> {
  const group = await options.service.getEnrollmentGroup(id, { signal: options.signal });
  if (!group) {
    throw new EnrollkitError('NOT_FOUND', sentences.rollover.noGroup(id), {
      next: sentences.rollover.listGroups,
    });
  }
  const pair = slotsOf(group, rolled, uploads);
  const [primary, secondary] = pair;
  if (holdsBoth(pair)) return outcome(id, 'both', pair);
  if (primary.is === 'new' && secondary.is === 'empty') return outcome(id, 'new', pair);
  if (await isAbove(options, primary, group, rolled)) return outcome(id, 'unchanged', pair);
  if (primary.is !== 'old' || secondary.is !== 'empty') throw inTheWay(id, pair);
  const { authority } = primary;
  const old = primary.value;
  await write(options, group, authority, uploads, old);
  options.tell(sentences.rollover.acceptsBoth(id));
  return readBack(options, id, rolled, uploads, holdsBoth, 'both');
}

/**
 * Takes the old CA out of a group.
 *
 * @throws EnrollkitError CONFLICT when the group does not hold the new one; PRECONDITION_FAILED; NOT_READ_BACK
 */
export async function turnToNew(
  options: DpsOptions,
  id: string,
  rolled: readonly ReplacedAuthority[],
  uploads: readonly Upload[] | undefined,
): Promise<EnrollmentGroupResult> {
  const group = await options.service.getEnrollmentGroup(id, { signal: options.signal });
  if (!group) return { id, holds: 'gone', primary: null, secondary: null };
  const pair = slotsOf(group, rolled, uploads);
  const [primary, secondary] = pair;
  const holdsNew = ([first, second]: Pair) => first.is === 'new' && second.is === 'empty';
  if (holdsNew(pair)) return outcome(id, 'new', pair);
  if (await isAbove(options, primary, group, rolled)) return outcome(id, 'unchanged', pair);
  if (!holdsBoth(pair)) throw inTheWay(id, pair);
  const { authority } = [primary, secondary].find(
    (slot): slot is Extract<Slot, { authority: ReplacedAuthority }> => slot.is === 'new',
  )!;
  await write(options, group, authority, uploads);
  options.tell(sentences.rollover.acceptsNew(id));
  return readBack(options, id, rolled, uploads, holdsNew, 'new');
}

/** In whichever order: someone may have followed Azure's documentation. */
function holdsBoth([primary, secondary]: Pair): boolean {
  return (
    (primary.is === 'new' && secondary.is === 'old' && primary.authority === secondary.authority) ||
    (primary.is === 'old' && secondary.is === 'new' && primary.authority === secondary.authority)
  );
}

function slotsOf(
  { enrollmentGroupId, attestation: { type, x509 } }: EnrollmentGroup,
  rolled: readonly ReplacedAuthority[],
  uploads: readonly Upload[] | undefined,
): Pair {
  if (x509?.caReferences) {
    const { primary, secondary } = x509.caReferences;
    if (!uploads) {
      throw new EnrollkitError('FORBIDDEN', sentences.rollover.needsResourceManager(enrollmentGroupId));
    }
    const slot = (name: string | null | undefined): Slot => {
      if (!name) return { is: 'empty' };
      const upload = uploads.find((one) => sameId(one.name, name));
      return upload
        ? { is: upload.is, value: name, authority: upload.authority }
        : { is: 'other', value: name };
    };
    return [slot(primary), slot(secondary)];
  }
  if (x509?.signingCertificates) {
    const { primary, secondary } = x509.signingCertificates;
    const slot = (held: typeof primary): Slot => {
      if (!held) return { is: 'empty' };
      const value = held.info?.sha256Thumbprint?.toUpperCase() ?? '';
      const is = (which: 'old' | 'successor') =>
        rolled.find((one) => sha256Thumbprint(one[which].certificate) === value);
      const [old, successor] = [is('old'), is('successor')];
      if (old) return { is: 'old', value, authority: old };
      return successor ? { is: 'new', value, authority: successor } : { is: 'other', value };
    };
    return [slot(primary), slot(secondary)];
  }
  throw new EnrollkitError('CONFLICT', sentences.rollover.otherAttestation(enrollmentGroupId, type), {
    next: sentences.rollover.nameX509Group,
  });
}

/** Whether a group's CA is one that stays, above those of the roll-over: then there is nothing to change in the group. */
async function isAbove(
  { control, signal }: DpsOptions,
  primary: Slot,
  { attestation: { x509 } }: EnrollmentGroup,
  rolled: readonly ReplacedAuthority[],
): Promise<boolean> {
  if (primary.is !== 'other') return false;
  const above = rolled.flatMap(({ successor }) => parseCertificates(successor.chainPem));
  if (!x509?.caReferences) return above.some((one) => sha256Thumbprint(one) === primary.value);
  const thumbprint = (await control.getCertificate(primary.value, { signal }))?.properties.thumbprint;
  return above.some((one) => sha1Thumbprint(one) === thumbprint?.toUpperCase());
}

function inTheWay(id: string, pair: Pair): EnrollkitError {
  const { slots } = sentences.rollover;
  const [primary, secondary] = pair.map((slot) =>
    slot.is === 'other' ? slots.other(slot.value) : slots[slot.is],
  );
  return new EnrollkitError('CONFLICT', sentences.rollover.otherSlots(id, primary!, secondary!), {
    next: sentences.rollover.removeOther(id),
  });
}

/** Writes the group as it was read, with other CAs. Certificates are sent whole: the reply only describes them. */
async function write(
  { service, signal }: DpsOptions,
  group: EnrollmentGroup,
  authority: ReplacedAuthority,
  uploads: readonly Upload[] | undefined,
  secondaryReference?: string,
): Promise<void> {
  const both = secondaryReference !== undefined;
  const reference = uploads?.find((one) => one.authority === authority && one.is === 'new')?.name;
  const x509 = group.attestation.x509?.caReferences
    ? { caReferences: { primary: reference!, ...(both ? { secondary: secondaryReference } : {}) } }
    : {
        signingCertificates: {
          primary: { certificate: authority.successor.pem },
          ...(both ? { secondary: { certificate: authority.old.pem } } : {}),
        },
      };
  const wanted = { ...withMembers(group, {}), attestation: { type: 'x509' as const, x509 } };
  await service.updateEnrollmentGroup(wanted, group.etag ?? '*', { signal });
}

async function readBack(
  { service, signal }: DpsOptions,
  id: string,
  rolled: readonly ReplacedAuthority[],
  uploads: readonly Upload[] | undefined,
  isAsWanted: (pair: Pair) => boolean,
  holds: EnrollmentGroupResult['holds'],
): Promise<EnrollmentGroupResult> {
  const group = await service.getEnrollmentGroup(id, { signal });
  const pair = group && slotsOf(group, rolled, uploads);
  if (pair && isAsWanted(pair)) return outcome(id, holds, pair);
  throw new EnrollkitError('NOT_READ_BACK', sentences.rollover.groupNotReadBack(id));
}

function outcome(
  id: string,
  holds: EnrollmentGroupResult['holds'],
  [primary, secondary]: Pair,
): EnrollmentGroupResult {
  const value = (slot: Slot) => (slot.is === 'empty' ? null : slot.value);
  return { id, holds, primary: value(primary), secondary: value(secondary) };
}
