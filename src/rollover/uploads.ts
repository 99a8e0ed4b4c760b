/** The CAs of a roll-over as they are uploaded in DPS: the new beside the old, proven, and the old deleted at the end. */

import type { ControlPlane } from '../dps/client/arm.js';
import type { ServicePlane } from '../dps/client/service.js';
import { sameId } from '../dps/contract/ids.js';
import type { CertificateResource, EnrollmentGroup } from '../dps/contract/schemas.js';
import { EnrollkitError, lacksRights } from '../errors.js';
import { sentences } from '../languages/language.js';
import { issueVerificationCertificate } from '../pki/make/verification-certificate.js';
import { sha1Thumbprint, sha256Thumbprint } from '../pki/x509/inspect.js';
import type { CreatedResource, Journal, JournalTarget } from '../workspace/journal.js';
import { loadPrivateKey, type StoredCertificate } from '../workspace/stored-certificates.js';
import type { ReplacedAuthority } from './authorities.js';

export interface DpsOptions {
  control: ControlPlane;
  service: ServicePlane;
  journal: Journal;
  journalTarget: JournalTarget;
  passphrase: string | undefined;
  now: () => Date;
  signal: AbortSignal;
  tell: (text: string) => void;
}

/** An uploaded certificate that is a CA of the roll-over. */
export interface Upload {
  name: string;
  authority: ReplacedAuthority;
  is: 'old' | 'new';
}

/**
 * What is uploaded of the CAs of a roll-over.
 *
 * @returns undefined when Azure Resource Manager may not be asked
 */
export async function uploadsOf(
  { control, signal }: DpsOptions,
  rolled: readonly ReplacedAuthority[],
): Promise<Upload[] | undefined> {
  let certificates: CertificateResource[];
  try {
    certificates = await control.listCertificates({ signal });
  } catch (error) {
    if (lacksRights(error)) return undefined;
    throw error;
  }
  return certificates.flatMap(({ name, properties }): Upload[] => {
    const isIt = ({ certificate }: StoredCertificate) =>
      sha1Thumbprint(certificate) === properties.thumbprint.toUpperCase();
    const old = rolled.find((one) => isIt(one.old));
    if (old) return [{ name, authority: old, is: 'old' }];
    const authority = rolled.find(({ successor }) => isIt(successor));
    return authority ? [{ name, authority, is: 'new' }] : [];
  });
}

/**
 * Uploads the successor of each CA that is uploaded, under a new name, and proves its possession: check, act,
 * and the check again.
 *
 * @throws EnrollkitError CONFLICT when that name is taken; NOT_READ_BACK; PROOF_OF_POSSESSION_FAILED
 */
export async function uploadSuccessors(
  options: DpsOptions,
  rolled: readonly ReplacedAuthority[],
): Promise<Upload[] | undefined> {
  const before = await uploadsOf(options, rolled);
  if (!before) return undefined;
  const has = (uploads: readonly Upload[], authority: ReplacedAuthority, is: Upload['is']) =>
    uploads.find((one) => one.authority === authority && one.is === is);
  for (const authority of rolled) {
    const old = has(before, authority, 'old');
    const name = has(before, authority, 'new')?.name ?? (old && successorName(old.name, authority));
    if (name === undefined) continue;
    await upload(options, name, authority);
    await prove(options, name, authority);
  }
  return uploadsOf(options, rolled);
}

/** The old name with eight digits of the new certificate, in the place of those of an earlier roll-over. */
function successorName(name: string, { successor }: ReplacedAuthority): string {
  const digits = sha256Thumbprint(successor.certificate).slice(0, 8);
  return `${name.replace(/-[0-9A-F]{8}$/, '').slice(0, 247)}-${digits}`;
}

async function upload(
  { control, journal, journalTarget, signal, tell }: DpsOptions,
  name: string,
  { role, successor }: ReplacedAuthority,
): Promise<void> {
  const sha1 = sha1Thumbprint(successor.certificate);
  const there = async () => {
    const found = await control.getCertificate(name, { signal });
    if (found && found.properties.thumbprint.toUpperCase() !== sha1) {
      throw new EnrollkitError('CONFLICT', sentences.rollover.nameTaken(found.properties.subject, name), {
        next: sentences.rollover.deleteOther(name),
      });
    }
    return found !== undefined;
  };
  if (await there()) return;
  const made: CreatedResource = { kind: 'ca-certificate', target: journalTarget, name, sha1Thumbprint: sha1 };
  journal.intend(made);
  await control.putCertificate(name, successor.pem, { signal });
  if (!(await there())) {
    throw new EnrollkitError('NOT_READ_BACK', sentences.rollover.uploadNotReadBack(name));
  }
  journal.made(made);
  tell(sentences.rollover.uploaded(role, name));
}

async function prove(
  { control, passphrase, now, signal, tell }: DpsOptions,
  name: string,
  { successor }: ReplacedAuthority,
): Promise<void> {
  const isProven = async () =>
    (await control.getCertificate(name, { signal }))?.properties.isVerified === true;
  if (await isProven()) return;
  const privateKey = await loadPrivateKey(successor, { passphrase, signal });
  const { code, etag } = await control.generateVerificationCode(name, '*', { signal });
  const { pem } = await issueVerificationCertificate(code, { certificate: successor.pem, privateKey }, now());
  await control.verifyCertificate(name, etag, pem, { signal });
  if (!(await isProven())) {
    throw new EnrollkitError('PROOF_OF_POSSESSION_FAILED', sentences.rollover.notVerified(name));
  }
  tell(sentences.rollover.verified(name));
}

/**
 * Deletes the old CAs from DPS where a run had uploaded them and no enrollment group needs them any more.
 *
 * @returns the names of those deleted, and a sentence on each that stays
 */
export async function deleteOld(
  options: DpsOptions,
  rolled: readonly ReplacedAuthority[],
  uploads: readonly Upload[],
): Promise<{ deleted: string[]; kept: string[] }> {
  const { control, service, journal, journalTarget, signal, tell } = options;
  const result = { deleted: [] as string[], kept: [] as string[] };
  const groups = await service.listEnrollmentGroups({ signal });
  for (const { name, authority } of uploads.filter(({ is }) => is === 'old')) {
    const sha1 = sha1Thumbprint(authority.old.certificate);
    const thing: CreatedResource = {
      kind: 'ca-certificate',
      target: journalTarget,
      name,
      sha1Thumbprint: sha1,
    };
    const user = groups.find((group) => needs(group, name, rolled));
    if (user) {
      result.kept.push(sentences.rollover.keptForGroup(name, user.enrollmentGroupId));
    } else if (!journal.has(thing)) {
      result.kept.push(sentences.rollover.keptAsForeign(name, `enrollkit ca delete ${name}`));
    } else {
      const present = await control.getCertificate(name, { signal });
      if (present) await control.deleteCertificate(name, present.etag, { signal });
      if (await control.getCertificate(name, { signal })) {
        throw new EnrollkitError('NOT_READ_BACK', sentences.rollover.notDeleted(name));
      }
      journal.removed(thing);
      tell(sentences.rollover.deleted(name));
      result.deleted.push(name);
    }
  }
  return result;
}

/** Whether a group refers to an upload, or holds an old CA, or one that an old CA has issued. */
function needs(
  { attestation: { x509 } }: EnrollmentGroup,
  name: string,
  rolled: readonly ReplacedAuthority[],
): boolean {
  const references = [x509?.caReferences?.primary, x509?.caReferences?.secondary];
  if (references.some((reference) => reference && sameId(reference, name))) return true;
  const held = [x509?.signingCertificates?.primary, x509?.signingCertificates?.secondary];
  return held.some((one) => {
    const sha256 = one?.info?.sha256Thumbprint?.toUpperCase();
    if (sha256 === undefined) return false;
    if (rolled.some(({ old }) => sha256Thumbprint(old.certificate) === sha256)) return true;
    const isNew = rolled.some(({ successor }) => sha256Thumbprint(successor.certificate) === sha256);
    return (
      !isNew && rolled.some(({ old }) => isSameName(old.certificate.subject.text, one?.info?.issuerName))
    );
  });
}

/** DPS may write the parts of a name in another order; to take two names for one only keeps a CA that could go. */
function isSameName(ours: string, theirs: string | null | undefined): boolean {
  const parts = (name: string) => name.split(/,\s*/).sort().join();
  return theirs != null && parts(ours) === parts(theirs);
}
