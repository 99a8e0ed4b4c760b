/** What is at the place of a fleet before a run: nothing, the same fleet, finished, or something else. */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { keyAlgorithmOf } from '../../pki/keys.js';
import { encodeAlternativeNames } from '../../pki/make/alternative-names.js';
import { usualBackdateMinutes } from '../../pki/make/sign-certificate.js';
import { dayMs } from '../../pki/make/validity.js';
import { type Certificate, parseCertificate, sha256Thumbprint } from '../../pki/x509/certificate.js';
import { lookAt } from '../../workspace/files.js';
import type { DeviceRequest } from '../devices/device.js';
import type { OutputFormat } from '../formats/output-format.js';
import { csvField, isoSeconds, manifestHeader } from '../manifest.js';
import { linesOf } from '../text-files.js';
import { CertificateStamp } from './certificate-stamp.js';
import { certificateTemplate, subjectPrefix } from './certificate-template.js';
import type { FleetRequest } from './request.js';

/** @throws EnrollkitError FILE_EXISTS when the fleet would overwrite something */
export function assertFree({ out, manifest }: FleetRequest): void {
  for (const path of typeof out === 'string' ? [out, manifest] : [manifest]) {
    if (isFree(path)) continue;
    throw new EnrollkitError('FILE_EXISTS', sentences.fleet.fileOfOthers(path), {
      next: sentences.fleet.chooseOut,
      context: { file: path },
    });
  }
}

/**
 * The dates of the certificates when this fleet was finished by an earlier run: the manifest lists every device, in
 * order, and the last certificate of the output is the one that this fleet would have.
 */
export async function finishedFleet(
  request: FleetRequest,
  format: OutputFormat,
): Promise<{ notBefore: string; notAfter: string } | undefined> {
  const { out, manifest } = request;
  if (typeof out !== 'string' || !existsSync(out) || !existsSync(manifest)) return undefined;
  const last = await lastOfManifest(request);
  if (!last) return undefined;
  const stored = lastDevice(format, out, last.device.registrationId);
  if (!stored || sha256Thumbprint(stored.certificate) !== last.sha256Thumbprint) return undefined;
  if (stored.isKeyEncrypted !== (request.passphrase !== undefined)) return undefined;
  const { certificate } = stored;
  if (!(await isAsRequested(certificate, last.device, request))) return undefined;
  return { notBefore: isoSeconds(certificate.notBefore), notAfter: isoSeconds(certificate.notAfter) };
}

interface LastRow {
  device: DeviceRequest;
  sha256Thumbprint: string;
}

/** Undefined when the output has none that can be read. */
function lastDevice(
  format: OutputFormat,
  out: string,
  registrationId: string,
): { certificate: Certificate; isKeyEncrypted: boolean } | undefined {
  try {
    const last = format.last(out, registrationId);
    return last && { ...last, certificate: parseCertificate(last.certificate) };
  } catch (error) {
    if (error instanceof EnrollkitError || error instanceof SyntaxError) return undefined;
    // For instance, a folder where a file is expected, or the reverse.
    if ((error as NodeJS.ErrnoException).syscall !== undefined) return undefined;
    throw error;
  }
}

/** The last device, when the manifest lists the devices of the fleet and no others. */
async function lastOfManifest({
  source,
  range,
  subject,
  manifest,
}: FleetRequest): Promise<LastRow | undefined> {
  const usual = subjectPrefix(subject);
  const rows = linesOf(manifest);
  try {
    const header = await rows.next();
    if (header.done || `${header.value}\n` !== manifestHeader(source.tagNames)) return undefined;
    let last: LastRow | undefined;
    for await (const device of source.devices(range)) {
      const row = await rows.next();
      if (row.done) return undefined;
      const ending = [
        `CN=${device.registrationId}${(device.subjectPrefix ?? usual).text}`,
        ...source.tagNames.map((_, index) => device.tags?.[index] ?? ''),
      ];
      const end = `,${ending.map(csvField).join(',')}`;
      if (!row.value.startsWith(`${device.registrationId},`) || !row.value.endsWith(end)) return undefined;
      const before = row.value.slice(0, -end.length);
      last = { device, sha256Thumbprint: before.slice(before.lastIndexOf(',') + 1) };
    }
    return (await rows.next()).done ? last : undefined;
  } finally {
    await rows.return();
  }
}

/** Whether the fleet's stamp makes the same certificate from its key, its serial number and its date. */
async function isAsRequested(
  certificate: Certificate,
  { registrationId, subjectPrefix: own, alternativeNames }: DeviceRequest,
  { profile, ca, validityDays, keyAlgorithm, subject }: FleetRequest,
): Promise<boolean> {
  const { publicKey, notBefore, serialNumber, subjectKeyIdentifier = '' } = certificate;
  if (keyAlgorithmOf(publicKey) !== keyAlgorithm) return false;
  const backdateMs = (profile.backdateMinutes ?? usualBackdateMinutes) * 60_000;
  // No certificate begins before its issuer. If this one begins with it, its end tells when it was made.
  const at =
    notBefore > ca.parsed.notBefore
      ? new Date(notBefore.getTime() + backdateMs)
      : new Date(certificate.notAfter.getTime() - (validityDays ?? profile.validityDays) * dayMs);
  if (at < ca.parsed.notBefore || at > ca.parsed.notAfter) return false;
  const template = await certificateTemplate({ profile, publicKey, issuer: ca, at, validityDays });
  const toBeSigned = new CertificateStamp(template).toBeSigned({
    serialNumber: Buffer.from(serialNumber, 'hex'),
    subjectPrefix: (own ?? subjectPrefix(subject)).der,
    commonName: registrationId,
    publicKeyInfo: certificate.publicKeyInfo.der,
    keyIdentifier: Buffer.from(subjectKeyIdentifier, 'hex').toString('latin1'),
    alternativeNames: encodeAlternativeNames(alternativeNames ?? {}),
  });
  return toBeSigned.equals(certificate.toBeSigned);
}

/** Whether a fleet would overwrite nothing at a path: there is nothing, or an empty folder. */
function isFree(path: string): boolean {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
  } catch (cause) {
    // A dangling link counts as something.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return lookAt(path) === undefined;
    throw new EnrollkitError('FILE_UNREADABLE', sentences.fleet.notReadable(path, (cause as Error).message), {
      cause,
    });
  }
  return isFolder && readdirSync(path).length === 0;
}
