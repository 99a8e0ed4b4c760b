/** What a fleet is: everything that decides how its certificates look, and where they go. */
import { createHash } from 'node:crypto';
import { dirname, relative, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { EnrollkitError } from '../../errors.js';
import type { KeyAlgorithm } from '../../pki/keys.js';
import type { Issuer, Subject } from '../../pki/make/issue.js';
import type { Profile } from '../../pki/make/profile.js';
import { dayMs } from '../../pki/make/validity.js';
import { type Certificate, sha256Thumbprint } from '../../pki/x509/certificate.js';
import type { DeviceSource, Range } from '../devices/device-source.js';
import type { FleetFormat } from './worker-messages.js';

export interface FleetRequest {
  source: DeviceSource;
  /** Which of its devices. */
  range: Range;
  ca: FleetAuthority;
  profile: Profile;
  keyAlgorithm: KeyAlgorithm;
  /** In place of the profile's. */
  validityDays?: number | undefined;
  /** What every subject holds besides its common name; a device's own organization takes the place of this one. */
  subject: Omit<Subject, 'commonName'>;
  format: FleetFormat;
  /** Whether a PKCS#12 file is made besides. */
  pfx: boolean;
  /** A file, a folder for the format `dir`, or a stream, which cannot be resumed. */
  out: string | Writable;
  manifest: string;
}

export interface FleetAuthority extends Required<Issuer> {
  certificate: string;
  parsed: Certificate;
  /** The CA and what stands above it; PEM. */
  chainPem: string;
}

/** The same text for the same fleet; nothing of it can be read out. */
export function digestOf(request: FleetRequest): string {
  const { source, range, ca, profile, keyAlgorithm, validityDays, subject, out, manifest } = request;
  const decisive = [
    source.identity,
    range,
    sha256Thumbprint(ca.parsed),
    ca.chainPem,
    profile,
    keyAlgorithm,
    validityDays ?? null,
    sorted(subject),
    request.format,
    request.pfx,
    // An interrupted run goes on with its own manifest, and with no other file.
    typeof out === 'string' ? relative(dirname(resolve(out)), resolve(manifest)) : null,
  ];
  return createHash('sha256').update(JSON.stringify(decisive)).digest('hex');
}

/**
 * A fleet whose certificates end before their time, since the CA ends, is a mistake found too late.
 *
 * @throws EnrollkitError ISSUER_NOT_ALLOWED
 */
export function assertOutlivesDevices({ ca, profile, validityDays }: FleetRequest, at: Date): void {
  const days = validityDays ?? profile.validityDays;
  const left = ca.parsed.notAfter.getTime() - at.getTime();
  if (left >= days * dayMs) return;
  const wholeDays = Math.floor(left / dayMs);
  throw new EnrollkitError(
    'ISSUER_NOT_ALLOWED',
    `The CA ${ca.parsed.subject.text} ends on ${ca.parsed.notAfter.toISOString()}, before the devices, which are to be valid for ${days} days.`,
    {
      next:
        wholeDays < 1
          ? 'Renew the CA first: enrollkit cert renew.'
          : `Give --days ${wholeDays} or fewer, or renew the CA first: enrollkit cert renew.`,
    },
  );
}

function sorted(record: object): unknown[] {
  return Object.entries(record)
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
}
