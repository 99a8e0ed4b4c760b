/**
 * Private keys without a certificate: both `certificate.pem` and `chain.pem` are missing. Such a key is never
 * overwritten, since nobody can tell what it is used for.
 */

import { createPublicKey } from 'node:crypto';
import { dirname, join } from 'node:path';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { isEncryptedKey, type KeyPair, keyAlgorithmOf, openPrivateKey } from '../pki/keys.js';
import { lookAt, readText } from '../workspace/files.js';
import type { CertificatePaths, DevicePaths, Layout } from '../workspace/layout.js';
import { loadCertificate } from '../workspace/stored-certificates.js';
import { assertNoLinkBelow, linkBelow } from '../workspace/symbolic-links.js';
import { requestOf } from './device-requests.js';
import { authoritiesOf, type CaRole, keepsKeys } from './planned-certificates.js';
import type { ExistingCa, RunContext } from './step.js';

type Paths = CertificatePaths & Partial<Pick<DevicePaths, 'pfx'>>;
type Context = Pick<
  RunContext,
  'plan' | 'layout' | 'files' | 'passphrase' | 'signal' | 'existingCa' | 'requests'
>;

/**
 * Refuses a folder, before anything is made or sent, where making a certificate of the plan would overwrite a key or
 * write through a symbolic link.
 *
 * @throws EnrollkitError FILE_EXISTS, FILE_UNWRITABLE; INVALID_CERTIFICATE for one that cannot be read; FILE_UNREADABLE
 *   when the plan's existing CA is neither in the folder nor given
 */
export function assertRoomForPlan(context: Context): void {
  const { plan, layout } = context;
  const { existingCa } = plan.certificates;
  if (existingCa !== 'none' && !loadCertificate(layout[existingCa])) requireExistingCa(context, existingCa);
  const devices = plan.devices.registrationIds.map((id) => layout.device(id));
  if (keepsKeys(plan)) for (const id of plan.devices.registrationIds) requestOf(context, id);
  const wanted: Paths[] = [
    ...authoritiesOf(plan).map((role) => layout[role]),
    ...devices,
    ...(plan.enrollmentGroup.iotEdge ? devices.map(({ edgeCa }) => edgeCa) : []),
  ];
  const folders = new Set<string>();
  for (const paths of wanted) {
    if (!isVacant(layout, paths, folders) && !loadCertificate(paths)) assertNoRemains(context, paths);
  }
  assertNoLinkBelow(layout.folder, layout.verificationCertificate);
}

/**
 * The CA that was given for a plan with an existing one.
 *
 * @throws EnrollkitError FILE_UNREADABLE
 */
export function requireExistingCa(
  { layout, existingCa }: Pick<Context, 'layout' | 'existingCa'>,
  role: CaRole,
): ExistingCa {
  if (existingCa) return existingCa;
  throw new EnrollkitError('FILE_UNREADABLE', sentences.quickstart.noExistingCa(layout[role].folder), {
    next: sentences.quickstart.giveCa,
  });
}

/**
 * Whether there is not even a folder in the place of a certificate, nor a symbolic link on the way there: nothing that
 * could be overwritten.
 *
 * @param folders see `linkBelow`
 */
export function isVacant(layout: Layout, { folder }: CertificatePaths, folders: Set<string>): boolean {
  return linkBelow(layout.folder, folder, folders) === undefined && !folders.has(folder);
}

/**
 * For a folder with neither `certificate.pem` nor `chain.pem`: refuses an existing key or PKCS#12 file, unless an
 * interrupted run left it.
 *
 * @throws EnrollkitError FILE_EXISTS, FILE_UNWRITABLE
 */
export function assertNoRemains({ plan, layout, files }: Context, paths: Paths): void {
  const unfinished = isUnfinished(files, paths);
  for (const path of [paths.chain, paths.certificate]) files.assertFree(path);
  // The key of a device may be beside its request.
  if (keepsKeys(plan) && devicePathsIn(layout, paths)) return;
  for (const path of [paths.key, paths.pfx]) {
    if (path === undefined || (path === paths.key && unfinished)) continue;
    if (!lookAt(path)) files.assertFree(path);
    else throw withoutCertificate(path, paths);
  }
}

function devicePathsIn({ folder }: Context['layout'], paths: Paths): boolean {
  return paths.certificate.startsWith(join(folder, 'devices'));
}

function withoutCertificate(path: string, { folder, certificate }: Paths): EnrollkitError {
  const request = join(dirname(path), 'request.pem');
  const next = lookAt(request)
    ? sentences.quickstart.signRequestOrMove(request, certificate, folder)
    : sentences.quickstart.restoreCertificateOrMove(folder);
  return new EnrollkitError('FILE_EXISTS', sentences.quickstart.keyWithoutCertificate(path), {
    next,
    context: { file: path },
  });
}

/** Whether a run was interrupted after it had written this key, and before it had written a certificate for it. */
function isUnfinished(files: RunContext['files'], { key, certificate }: Paths): boolean {
  return files.isUnchanged(key) && !files.wasMade(certificate);
}

/**
 * The key pair that an interrupted run left without a certificate; undefined if there is none.
 *
 * @throws EnrollkitError FILE_EXISTS when the plan wants another kind of key by now; INVALID_KEY, PASSPHRASE_REQUIRED,
 *   WRONG_PASSPHRASE
 */
export async function unfinishedKey(
  { plan, files, passphrase, signal }: Context,
  paths: Paths,
): Promise<KeyPair | undefined> {
  if (!isUnfinished(files, paths)) return undefined;
  const text = readText(paths.key);
  const refuse = (why: string) =>
    new EnrollkitError('FILE_EXISTS', sentences.quickstart.leftByInterruptedRun(paths.key, why), {
      next: sentences.quickstart.moveKeyOrChangePlan(paths.key),
    });
  const { keyAlgorithm, encryptKeys } = plan.certificates;
  if (isEncryptedKey(text) !== encryptKeys) {
    throw refuse(encryptKeys ? sentences.quickstart.keyNotEncrypted : sentences.quickstart.keyEncrypted);
  }
  const privateKey = await openPrivateKey(text, { passphrase, signal });
  const publicKey = createPublicKey(privateKey);
  if (keyAlgorithmOf(publicKey) === keyAlgorithm) return { privateKey, publicKey };
  throw refuse(sentences.quickstart.otherKeyKind(keyAlgorithm));
}
