/**
 * What is left of a certificate whose `certificate.pem` and `chain.pem` are both gone. A private key without its
 * certificate is never replaced: nobody can tell what it is good for.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { dirname, join } from 'node:path';
import { EnrollkitError } from '../errors.js';
import { isEncryptedKey, type KeyPair, keyAlgorithmOf, privateKeyFromPem } from '../pki/keys.js';
import { lookAt, readText } from '../workspace/files.js';
import type { CertificatePaths, DevicePaths } from '../workspace/layout.js';
import { loadCertificate } from '../workspace/stored-certificates.js';
import { assertNoLinkBelow } from '../workspace/symbolic-links.js';
import type { RunContext } from './step.js';

type Paths = CertificatePaths & Partial<Pick<DevicePaths, 'pfx'>>;
type Context = Pick<RunContext, 'plan' | 'layout' | 'files' | 'passphrase'>;

/**
 * Refuses, before anything is made or sent, a folder in which a certificate of the plan could be made only over a key
 * that is there, or through a symbolic link.
 *
 * @throws EnrollkitError FILE_EXISTS, FILE_UNWRITABLE; INVALID_CERTIFICATE for one that cannot be read
 */
export function assertRoomForPlan(context: Context): void {
  const { plan, layout } = context;
  const devices = plan.devices.registrationIds.map((id) => layout.device(id));
  const wanted: Paths[] = [
    layout.root,
    ...(plan.certificates.intermediate ? [layout.intermediate] : []),
    ...devices,
    ...(plan.enrollmentGroup.iotEdge ? devices.map(({ edgeCa }) => edgeCa) : []),
  ];
  for (const paths of wanted) if (!loadCertificate(paths)) assertNoRemains(context, paths);
  assertNoLinkBelow(layout.folder, layout.verificationCertificate);
}

/**
 * To be called where there is neither `certificate.pem` nor `chain.pem`: refuses a key or a PKCS#12 file in the place of
 * a new one, unless an interrupted run left it.
 *
 * @throws EnrollkitError FILE_EXISTS, FILE_UNWRITABLE
 */
export function assertNoRemains({ files }: Context, paths: Paths): void {
  const unfinished = isUnfinished(files, paths);
  for (const path of [paths.chain, paths.certificate]) files.assertFree(path);
  for (const path of [paths.key, paths.pfx]) {
    if (path === undefined || (path === paths.key && unfinished)) continue;
    if (!lookAt(path)) files.assertFree(path);
    else throw withoutCertificate(path, paths);
  }
}

function withoutCertificate(path: string, { folder, certificate }: Paths): EnrollkitError {
  const request = join(dirname(path), 'request.pem');
  const signed = lookAt(request)
    ? `Sign its request, then run the same command again: enrollkit cert sign ${request} --out ${certificate} (with the same --dir). Or`
    : 'Put certificate.pem or chain.pem back from a copy, then run the same command again. Or';
  return new EnrollkitError(
    'FILE_EXISTS',
    `${path} is there without its certificate, and is not replaced by a new key.`,
    { next: `${signed} move ${folder} away: a new one is then made.`, context: { file: path } },
  );
}

/** Whether a run was interrupted after it had written this key, and before it had written a certificate for it. */
function isUnfinished(files: RunContext['files'], { key, certificate }: Paths): boolean {
  return files.isUnchanged(key) && !files.wasMade(certificate);
}

/**
 * The key pair that an interrupted run left without a certificate; undefined when there is none.
 *
 * @throws EnrollkitError FILE_EXISTS when the plan wants another kind of key by now; INVALID_KEY, PASSPHRASE_REQUIRED,
 *   WRONG_PASSPHRASE
 */
export function unfinishedKey({ plan, files, passphrase }: Context, paths: Paths): KeyPair | undefined {
  if (!isUnfinished(files, paths)) return undefined;
  const text = readText(paths.key);
  const refuse = (why: string) =>
    new EnrollkitError('FILE_EXISTS', `${paths.key}, left by an interrupted run, ${why}.`, {
      next: `Move ${paths.key} away, or change the plan, then run the same command again.`,
    });
  const { keyAlgorithm, encryptKeys } = plan.certificates;
  if (isEncryptedKey(text) !== encryptKeys) {
    throw refuse(
      encryptKeys
        ? 'is not encrypted, as the plan wants keys to be'
        : 'is encrypted, and the plan wants keys in the clear',
    );
  }
  const privateKey: KeyObject = privateKeyFromPem(text, passphrase);
  const publicKey = createPublicKey(privateKey);
  if (keyAlgorithmOf(publicKey) === keyAlgorithm) return { privateKey, publicKey };
  throw refuse(`is of another kind than the plan wants, ${keyAlgorithm}`);
}
