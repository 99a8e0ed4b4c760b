/** What a phase of a roll-over tells of it. */
import { sentences } from '../languages/language.js';
import { parseCertificates } from '../pki/x509/certificate.js';
import { sha256Thumbprint } from '../pki/x509/inspect.js';
import type { AuthorityName, Layout } from '../workspace/layout.js';
import type { RolloverRecord } from '../workspace/rollover-record.js';
import type { StoredCertificate } from '../workspace/stored-certificates.js';
import { type ReplacedAuthority, replacedAuthorities } from './authorities.js';
import { type AffectedDevice, affectedDevices, reissueBy } from './devices.js';
import type { EnrollmentGroupResult } from './group.js';

export interface AuthorityResult {
  subject: string;
  sha256Thumbprint: string;
  notAfter: string;
  /** Where its files are. */
  folder: string;
}

export interface RolloverResult {
  authority: AuthorityName;
  startedAt: string;
  finishedAt: string | null;
  authorities: { role: AuthorityName; old: AuthorityResult; new: AuthorityResult }[];
  enrollmentGroups: EnrollmentGroupResult[];
  /** Names of CA certificates that were deleted from DPS. */
  deleted: string[];
  /** The devices of the folder below the CA, whether they have their new certificates, and by when they must. */
  devices: {
    name: string;
    kind: AffectedDevice['kind'];
    reissued: boolean;
    notAfter: string;
    reissueBy: string | null;
    certificate: string;
  }[];
  /** Sentences on what a person should know. */
  notes: string[];
}

/** A successor that gains nothing, because the CA above it ends first. */
export function notesOnEnds(rolled: readonly ReplacedAuthority[]): string[] {
  const [{ role, old, successor }] = rolled as [ReplacedAuthority];
  const { notAfter } = successor.certificate;
  const [, above] = parseCertificates(successor.chainPem);
  if (notAfter > old.certificate.notAfter || above === undefined || above.notAfter > notAfter) return [];
  return [sentences.rollover.endsWithIssuer(role, notAfter.toISOString())];
}

/** Groups in which nothing changes, and so nobody is locked out. */
export function notesOnGroups(groups: readonly EnrollmentGroupResult[], authority: AuthorityName): string[] {
  return groups
    .filter(({ holds }) => holds === 'unchanged')
    .map(({ id, primary }) => sentences.rollover.groupUnchanged(id, primary!, authority));
}

/** The state of a roll-over as the folder shows it, with what a phase did. */
export function resultOf(
  layout: Layout,
  record: RolloverRecord,
  { enrollmentGroups = [], deleted = [], notes = [] }: Partial<RolloverResult> = {},
): RolloverResult {
  const rolled = replacedAuthorities(layout, record);
  return {
    authority: record.authority,
    startedAt: record.startedAt,
    finishedAt: record.finishedAt ?? null,
    authorities: rolled.map(({ role, old, successor }) => ({
      role,
      old: authorityResult(old),
      new: authorityResult(successor),
    })),
    enrollmentGroups,
    deleted,
    devices: affectedDevices(layout, rolled).map((device) => ({
      name: device.name,
      kind: device.kind,
      reissued: device.reissued,
      notAfter: device.stored.certificate.notAfter.toISOString(),
      reissueBy: device.reissued ? null : reissueBy(device).toISOString(),
      certificate: device.stored.paths.certificate,
    })),
    notes,
  };
}

function authorityResult({ certificate, paths }: StoredCertificate): AuthorityResult {
  return {
    subject: certificate.subject.text,
    sha256Thumbprint: sha256Thumbprint(certificate),
    notAfter: certificate.notAfter.toISOString(),
    folder: paths.folder,
  };
}
