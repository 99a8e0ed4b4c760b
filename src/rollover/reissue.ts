/** Gives the devices of a folder certificates of the new CA. What they had is kept aside. */

import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { createPfx } from '../pki/containers/pkcs12-write.js';
import { generateKeyPair, isEncryptedKey, keyAlgorithmOf, privateKeyToPem } from '../pki/keys.js';
import { renewCertificate } from '../pki/make/renew.js';
import { assertReadsBack } from '../pki/read-back.js';
import { certificateToPem, parseCertificates, sha256Thumbprint } from '../pki/x509/certificate.js';
import { forEachOf } from '../quickstart/step.js';
import { publicFileMode, readTextIfExists, secretFileMode } from '../workspace/files.js';
import { type DevicePaths, type Layout, previousPaths } from '../workspace/layout.js';
import type { FilesChange, OwnFiles } from '../workspace/own-files.js';
import { loadPrivateKey, restoreCertificate } from '../workspace/stored-certificates.js';
import { assertNoLinkBelow } from '../workspace/symbolic-links.js';
import type { ReplacedAuthority } from './authorities.js';
import type { AffectedDevice } from './devices.js';

/** Key generation and key derivation run in libuv's threads, of which there are four. */
const concurrency = 4;

export interface ReissueOptions {
  layout: Layout;
  files: OwnFiles;
  /** Those that are not re-issued yet. */
  devices: readonly AffectedDevice[];
  /** Whether each gets a new key too. */
  newKey: boolean;
  passphrase: string | undefined;
  now: () => Date;
  signal: AbortSignal;
  tell: (text: string) => void;
}

/**
 * Signs each device's certificate anew, as `renewCertificate` does, and writes certificate, chain and PKCS#12 file in
 * their places, all or none for each device. A key is replaced only when a copy of it is kept.
 *
 * @throws EnrollkitError before anything is written: USAGE when a new key is wanted for a device whose key is
 *   elsewhere; of the CAs' keys. In between: of the device's key, naming the file; INTERRUPTED
 */
export async function reissueDevices(options: ReissueOptions): Promise<void> {
  const { layout, devices, newKey, signal, tell } = options;
  for (const { stored } of devices) assertNoLinkBelow(layout.folder, stored.paths.certificate);
  const keyless = devices.filter(({ stored }) => newKey && !existsSync(stored.paths.key));
  if (keyless.length > 0) {
    const names = keyless.slice(0, 5).map(({ name }) => name);
    throw new EnrollkitError('USAGE', sentences.rollover.keysElsewhere(keyless.length, names), {
      next: sentences.rollover.signRequests,
    });
  }
  const keys = new Map<ReplacedAuthority, KeyObject>();
  for (const { signer } of devices) {
    if (!keys.has(signer)) keys.set(signer, await loadPrivateKey(signer.successor, options));
  }
  await forEachOf(devices, concurrency, async (device) => {
    signal.throwIfAborted();
    await reissue(device, keys.get(device.signer)!, options);
  });
  if (devices.length > 0) tell(sentences.rollover.reissued(devices.length));
}

async function reissue(
  { name, stored: found, pfx, signer }: AffectedDevice,
  signerKey: KeyObject,
  options: ReissueOptions,
): Promise<void> {
  const { files, newKey, passphrase, now, signal } = options;
  const stored = await restoreCertificate(files, found, options);
  const { paths, certificate: old } = stored;
  const keyPem = readTextIfExists(paths.key);
  const keyPassphrase = isEncryptedKey(keyPem ?? '') ? passphrase : undefined;
  const hasPfx = pfx !== undefined && existsSync(pfx);
  const oldKey = keyPem !== undefined && (hasPfx || newKey) ? await openKey(options, stored) : undefined;
  const fresh = newKey
    ? await generateKeyPair(keyAlgorithmOf(old.publicKey) ?? 'ec-p256', signal)
    : undefined;
  const { pem } = await renewCertificate({
    certificate: old,
    publicKey: fresh?.publicKey ?? old.publicKey,
    issuer: {
      certificate: signer.successor.pem,
      chainPem: signer.successor.chainPem,
      privateKey: signerKey,
    },
    at: now(),
  });
  const previous = previousPaths(paths, sha256Thumbprint(old));
  const isKept = existsSync(previous.certificate);
  const note = { note: isKept ? files.wasMade(previous.certificate) : files.isUnchanged(paths.certificate) };
  const change = files.change();
  if (!isKept) keepAside(change, { ...paths, pfx }, previous);
  const key = fresh?.privateKey ?? oldKey;
  const chainPem = pem + signer.successor.chainPem;
  assertReadsBack([{ contents: pem }, { contents: chainPem }]);
  if (fresh) {
    const contents = await privateKeyToPem(fresh.privateKey, keyPassphrase);
    assertReadsBack([{ contents: pem }, { contents, passphrase: keyPassphrase }]);
    change.replaceKept(paths.key, previous.key, contents, secretFileMode, note);
  }
  if (hasPfx && key) {
    const chain = parseCertificates(signer.successor.chainPem).map(certificateToPem);
    const contents = await createPfx({
      certificate: pem,
      privateKey: key,
      chain,
      friendlyName: name,
      passphrase: keyPassphrase ?? '',
    });
    assertReadsBack([{ contents, passphrase: keyPassphrase ?? '' }]);
    change.replaceKept(pfx, previous.pfx, contents, secretFileMode, note);
  }
  change.replace(paths.chain, chainPem, publicFileMode, note);
  change.replace(paths.certificate, pem, publicFileMode, note);
  change.commit();
}

/**
 * The key of the certificate as it is, or as an interrupted re-issue has left it: then it lies aside, and the one in
 * its place is newer than the certificate.
 */
async function openKey(options: ReissueOptions, stored: AffectedDevice['stored']): Promise<KeyObject> {
  const previous = previousPaths(stored.paths, sha256Thumbprint(stored.certificate));
  const paths = existsSync(previous.certificate) ? previous : stored.paths;
  return loadPrivateKey({ ...stored, paths }, options);
}

/** Copies what is there. */
function keepAside(
  change: FilesChange,
  { key, pfx, chain, certificate }: Partial<DevicePaths>,
  previous: DevicePaths,
): void {
  change.copy(key, previous.key, secretFileMode);
  change.copy(pfx, previous.pfx, secretFileMode);
  change.copy(chain, previous.chain, publicFileMode);
  change.copy(certificate, previous.certificate, publicFileMode);
}
