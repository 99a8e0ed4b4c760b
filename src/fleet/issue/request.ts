/** A fleet to issue: everything that decides how its certificates look, and where they go. */

import { createHash } from 'node:crypto';
import { dirname, relative, resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { KeyAlgorithm } from '../../pki/keys.js';
import type { Issuer, Subject } from '../../pki/make/issue.js';
import type { Profile } from '../../pki/make/profile.js';
import { dayMs } from '../../pki/make/validity.js';
import { type Certificate, sha256Thumbprint } from '../../pki/x509/certificate.js';
import type { DeviceSource, IndexRange } from '../devices/device-source.js';
import type { FleetFormat } from '../formats/formats.js';

/** What to issue. */
export interface FleetRequest {
  /** The devices: {@link devicesFromPattern} or {@link devicesFromList}. */
  source: DeviceSource;
  /** Which of them; all by default. {@link shardRange} gives the range of a shard. */
  range: IndexRange;
  ca: FleetCa & { parsed: Certificate };
  /** By default, the built-in profile of devices. */
  profile: Profile;
  /** `ec-p256` by default. */
  keyAlgorithm: KeyAlgorithm;
  /** Overrides the profile's. */
  validityDays?: number | undefined;
  /** The rest of every subject; a device's own organization overrides the one here. */
  subject: Omit<Subject, 'commonName'>;
  format: FleetFormat;
  /** Also makes a PKCS#12 file for each device; no by default. */
  pfx: boolean;
  /** Encrypts the keys and the PKCS#12 files; by default, nothing is encrypted. */
  passphrase?: string | undefined;
  /** Issues devices even if they can never be valid under the CA; no by default. */
  force?: boolean;
  /** A folder for `dir`, else a file, or a stream. A run that writes to a stream cannot be resumed. */
  out: string | Writable;
  /** The CSV file that lists the devices; by convention, `OUT.manifest.csv`. */
  manifest: string;
}

/** The CA that signs a fleet. */
export interface FleetCa extends Required<Issuer> {
  /** The CA's certificate and its issuers', in order, as far as they are known; PEM. */
  chainPem: string;
}

/** A digest that tells one fleet from another. It says nothing about the fleet. */
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
    // An interrupted run is resumed with its own manifest, and with no other file.
    typeof out === 'string' ? relative(dirname(resolve(out)), resolve(manifest)) : null,
  ];
  // Only when it is asked for: the journals of earlier releases stay valid.
  if (request.passphrase !== undefined) decisive.push('encrypted');
  return createHash('sha256').update(JSON.stringify(decisive)).digest('hex');
}

/**
 * Refuses a CA that ends before the devices: it would cut their validity, which is noticed too late.
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
    sentences.fleet.caExpiresFirst(ca.parsed.subject.text, ca.parsed.notAfter.toISOString(), days),
    {
      next: wholeDays < 1 ? sentences.fleet.renewCa : sentences.fleet.fewerDays(wholeDays),
    },
  );
}

function sorted(record: object): unknown[] {
  return Object.entries(record)
    .filter(([, value]) => value !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
}
