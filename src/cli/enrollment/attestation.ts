/** The attestation of an individual enrollment: by a certificate that exists or is made here, or by a symmetric key. */

import { sameId } from '../../dps/contract/ids.js';
import type { IndividualEnrollment } from '../../dps/contract/schemas.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { privateKeyToPem } from '../../pki/keys.js';
import { issue } from '../../pki/make/issue.js';
import { type Certificate, certificateToPem, parseCertificate } from '../../pki/x509/certificate.js';
import { publicFileMode, readTextIfExists, secretFileMode } from '../../workspace/files.js';
import { type CertificatePaths, layoutOf } from '../../workspace/layout.js';
import { assertNoLinkBelow } from '../../workspace/symbolic-links.js';
import { noteIfNotForDps, noteIfShortened } from '../input/certificate-notes.js';
import { keysFrom } from '../input/key-flags.js';
import { readCertificates } from '../input/material.js';
import { newPassphrase } from '../input/new-passphrase.js';
import { givenPassphrase, withPassphrase } from '../input/passphrase.js';
import { profileFor } from '../input/profile.js';
import { naming } from '../input/read-file.js';
import { assertStrongKey, onlyCommonName, readRequest } from '../input/request-file.js';
import { issuerOf, signedBy, signingCa, signingTime } from '../input/signing-ca.js';
import { assertFree, type NewFile, writeAndReport } from '../input/write-files.js';
import type { Context, FlagsOf } from '../kernel/command.js';
import { folderOf, sameFolder } from '../target/folder.js';
import { quoted } from '../terminal/command-line.js';
import { displayPath } from '../terminal/text.js';
import type { enrollmentCreate } from './create.js';
import type { UnfinishedEnrollment } from './unfinished.js';

const { attestation: text } = sentences.cliEnrollment;

/** `folder`: by the device's certificate in the certificate folder. */
export type AttestationSource = 'certificate' | 'self-signed' | 'csr' | 'symmetric-key' | 'folder';

type CreateFlags = FlagsOf<typeof enrollmentCreate>;

/**
 * Which of the flags says how the device attests; undefined if none does.
 *
 * @throws EnrollkitError USAGE for flags that exclude each other
 */
export function checkAttestationFlags(flags: CreateFlags): Exclude<AttestationSource, 'folder'> | undefined {
  const given = [
    ...(flags.certificate === undefined ? [] : (['certificate'] as const)),
    ...(flags.selfSigned ? (['self-signed'] as const) : []),
    ...(flags.csr === undefined ? [] : (['csr'] as const)),
    ...(flags.symmetricKey ? (['symmetric-key'] as const) : []),
  ];
  const [how, other] = given;
  if (other !== undefined) throw usage(text.exclude(`--${how}`, `--${other}`));
  if (how === 'symmetric-key' && flags.secondaryCertificate !== undefined)
    throw usage(text.exclude('--symmetric-key', '--secondary-certificate'));
  if (how !== 'csr') {
    for (const [name, value] of [
      ['ca', flags.ca],
      ['ca-key', flags.caKey],
    ] as const) {
      if (value !== undefined) throw usage(text.needsCsr(`--${name}`));
    }
  }
  if (how !== 'self-signed' && (flags.keyAlgorithm !== undefined || flags.encryptKey))
    throw usage(text.forNewKey);
  if (how !== 'self-signed' && how !== 'csr' && flags.days !== undefined) throw usage(text.forNewCertificate);
  if (flags.update && how === undefined && flags.secondaryCertificate !== undefined)
    throw usage(text.secondaryNeedsPrimary);
  return how;
}

/**
 * @param unfinished of this command: a certificate that an earlier run made for it is used
 * @throws EnrollkitError of the files; INVALID_CERTIFICATE when a certificate has another common name
 */
export async function attestationOf(
  registrationId: string,
  how: AttestationSource,
  unfinished: UnfinishedEnrollment,
  flags: CreateFlags,
  context: Context,
): Promise<IndividualEnrollment['attestation']> {
  if (how === 'symmetric-key') return { type: 'symmetricKey' };
  // Read before anything is made.
  const secondary =
    flags.secondaryCertificate === undefined
      ? undefined
      : await certificateOf(registrationId, flags.secondaryCertificate, context);
  const primary = await primaryCertificate(registrationId, how, unfinished, flags, context);
  const slot = (certificate: Certificate) => ({ certificate: certificateToPem(certificate) });
  return {
    type: 'x509',
    x509: {
      clientCertificates: { primary: slot(primary), ...(secondary ? { secondary: slot(secondary) } : {}) },
    },
  };
}

async function primaryCertificate(
  registrationId: string,
  how: Exclude<AttestationSource, 'symmetric-key'>,
  unfinished: UnfinishedEnrollment,
  flags: CreateFlags,
  context: Context,
): Promise<Certificate> {
  const { device, folder } = layoutOf(folderOf(flags));
  const paths = device(registrationId);
  switch (how) {
    case 'certificate':
      return certificateOf(registrationId, flags.certificate!, context);
    case 'self-signed':
    case 'csr': {
      assertNoLinkBelow(folder, paths.folder);
      const written = [...(how === 'csr' ? [] : [paths.key]), paths.chain, paths.certificate];
      if (unfinished.hasWritten(written, paths.certificate, context)) {
        context.output.note('enrollment.resumed', text.resumed(displayPath(paths.certificate)));
        return certificateOf(registrationId, paths.certificate, context);
      }
      assertRoom(written, registrationId, flags);
      unfinished.remove();
      return how === 'csr'
        ? signRequest(registrationId, paths, unfinished, flags, context)
        : selfSign(registrationId, paths, unfinished, flags, context);
    }
    case 'folder': {
      if (readTextIfExists(paths.certificate) !== undefined)
        return certificateOf(registrationId, paths.certificate, context);
      throw new EnrollkitError('FILE_UNREADABLE', text.noCertificate(registrationId, paths.folder), {
        next: text.choose,
      });
    }
  }
}

/** @throws EnrollkitError INVALID_CERTIFICATE also for one with another common name: the device could not register */
async function certificateOf(registrationId: string, path: string, context: Context): Promise<Certificate> {
  const passphrase = givenPassphrase({}, context.env);
  const [certificate] = await readCertificates(path, { passphrase, signal: context.signal });
  const { commonName } = certificate!.subject;
  if (commonName !== undefined && sameId(commonName, registrationId)) {
    noteIfNotForDps(certificate!, 'device', context);
    return certificate!;
  }
  throw new EnrollkitError(
    'INVALID_CERTIFICATE',
    text.otherCertificate(path, commonName ?? '', registrationId),
    { next: text.useCertificateName },
  );
}

async function selfSign(
  registrationId: string,
  paths: CertificatePaths,
  unfinished: UnfinishedEnrollment,
  flags: CreateFlags,
  context: Context,
): Promise<Certificate> {
  const passphrase = flags.encryptKey ? await newPassphrase(flags, context, text.newKey) : undefined;
  const { publicKey, privateKey } = await keysFrom(flags, context);
  const { pem } = await issue({
    profile: profileFor('device', {}),
    subject: { commonName: registrationId },
    publicKey,
    issuer: { privateKey },
    at: await timeOf(flags, context),
    ...(flags.days === undefined ? {} : { validityDays: flags.days }),
  });
  const files: NewFile[] = [
    {
      path: paths.key,
      contents: await privateKeyToPem(privateKey, passphrase),
      mode: secretFileMode,
      passphrase,
    },
    { path: paths.chain, contents: pem, mode: publicFileMode },
    { path: paths.certificate, contents: pem, mode: publicFileMode },
    unfinished.recordOf(pem),
  ];
  writeAndReport(files, false, context);
  const made = parseCertificate(pem);
  noteIfNotForDps(made, 'device', context);
  return made;
}

async function signRequest(
  registrationId: string,
  paths: CertificatePaths,
  unfinished: UnfinishedEnrollment,
  flags: CreateFlags,
  context: Context,
): Promise<Certificate> {
  const path = flags.csr!;
  const request = readRequest(path);
  naming(path, () => {
    assertStrongKey(request);
    const commonName = onlyCommonName(request);
    if (sameId(commonName, registrationId)) return;
    throw new EnrollkitError('INVALID_CERTIFICATE_REQUEST', text.otherRequest(commonName, registrationId), {
      next: text.useRequestName,
    });
  });
  const ca = await withPassphrase(flags, context, (opening) => signingCa(flags, opening, 'intermediate'));
  const at = await signingTime(ca, context);
  const { pem } = await signedBy(
    ca,
    () =>
      issue({
        profile: profileFor('device', {}),
        subject: request.subject,
        publicKey: request.publicKey,
        issuer: issuerOf(ca),
        at,
        ...(flags.days === undefined ? {} : { validityDays: flags.days }),
        subjectAlternativeNames: request.subjectAlternativeNames,
      }),
    path,
  );
  writeAndReport(
    [
      { path: paths.chain, contents: pem + ca.chainPem, mode: publicFileMode },
      { path: paths.certificate, contents: pem, mode: publicFileMode },
      unfinished.recordOf(pem),
    ],
    false,
    context,
  );
  const made = parseCertificate(pem);
  noteIfNotForDps(made, 'device', context);
  noteIfShortened(made, ca.certificate, context);
  return made;
}

/** The clock of the emulator that runs on the folder, or else the computer's. */
async function timeOf(flags: CreateFlags, context: Context): Promise<Date> {
  const { folderClock } = await import('../target/emulator-clock.js');
  return (await folderClock(layoutOf(folderOf(flags)).folder, context))();
}

/** @throws EnrollkitError FILE_EXISTS, FILE_UNWRITABLE */
function assertRoom(paths: string[], registrationId: string, flags: CreateFlags): void {
  try {
    assertFree(paths, false);
  } catch (error) {
    if (!(error instanceof EnrollkitError) || error.code !== 'FILE_EXISTS') throw error;
    throw new EnrollkitError('FILE_EXISTS', error.message, {
      next: text.useExisting(`enrollkit enrollment create ${quoted(registrationId)}${sameFolder(flags)}`),
      context: error.context,
    });
  }
}

function usage(message: string): EnrollkitError {
  return new EnrollkitError('USAGE', message, { next: text.help });
}
