/** Makes a key and its certificate. */
import { join } from 'node:path';
import { type ModuleIdentity, moduleIdentityOf, registrationIdProblem } from '../../dps/contract/ids.js';
import { sentences } from '../../languages/language.js';
import { privateKeyToPem } from '../../pki/keys.js';
import { issue, type SubjectAlternativeNames } from '../../pki/make/issue.js';
import type { Role } from '../../pki/make/profile.js';
import { type Certificate, parseCertificate } from '../../pki/x509/certificate.js';
import { inspectCertificate } from '../../pki/x509/inspect.js';
import { publicFileMode, readText, secretFileMode } from '../../workspace/files.js';
import type { Layout } from '../../workspace/layout.js';
import { assertNoLinkBelow } from '../../workspace/symbolic-links.js';
import type {
  alternativeNameFlags,
  caFlags,
  keyFolderFlags,
  makingFlags,
  pathLengthFlag,
} from '../input/certificate-flags.js';
import { alternativeNamesFrom, subjectFrom } from '../input/certificate-names.js';
import { noteIfNotForDps, noteIfShortened } from '../input/certificate-notes.js';
import { assertKeyFlags, keysFrom } from '../input/key-flags.js';
import { newPassphrase } from '../input/new-passphrase.js';
import { withPassphrase } from '../input/passphrase.js';
import { noteIfShallow, profileFor } from '../input/profile.js';
import {
  issuerOf,
  noteFailures,
  type SigningCa,
  signedBy,
  signingCa,
  signingTime,
} from '../input/signing-ca.js';
import {
  assertFree,
  isCompletedEarlier,
  type NewFile,
  requestOf,
  writeAndReport,
} from '../input/write-files.js';
import type { Context } from '../kernel/command.js';
import type { FlagValues } from '../kernel/flags.js';
import { displayPath } from '../terminal/text.js';
import { rowsText, shortRows } from './description.js';

/** The flags of the commands that make a certificate; each takes some. */
type CertificateFlags = FlagValues<
  typeof caFlags &
    typeof makingFlags &
    typeof pathLengthFlag &
    typeof alternativeNameFlags &
    ReturnType<typeof keyFolderFlags>
>;

export interface MakeRequest {
  role: Role;
  commonName: string;
  /** Which CA of the certificate folder signs when none is named; `self` for a certificate that signs itself. */
  signer: 'root' | 'intermediate' | 'self';
  /** In place of what the flags say. */
  subjectAlternativeNames?: SubjectAlternativeNames;
  /** Its place in the certificate folder, if a CA of that folder signs and `--out` is not given. */
  placeIn?: (layout: Layout) => string;
  /** What to do next, for people; given the folder that was written. */
  next?: (folder: string) => string;
}

/**
 * Makes what is asked for, writes `key.pem` (unless `--key` names one), `chain.pem` and `certificate.pem`, and shows it.
 *
 * @throws EnrollkitError of the CA, the profile, the names or the files
 */
export async function makeCertificate(
  request: MakeRequest,
  flags: CertificateFlags,
  context: Context,
): Promise<void> {
  const { role, commonName, signer } = request;
  const profile = profileFor(role, flags);
  assertKeyFlags(flags);
  const ca =
    signer === 'self'
      ? undefined
      : await withPassphrase(flags, context, (opening) => signingCa(flags, opening, signer));
  const folder = outFolder(request, flags, ca);
  const ownKey = flags.key;
  const paths = {
    key: ownKey ?? join(folder, 'key.pem'),
    chain: join(folder, 'chain.pem'),
    certificate: join(folder, 'certificate.pem'),
  };
  const force = flags.force === true;
  const written = ownKey === undefined ? Object.values(paths) : [paths.chain, paths.certificate];
  const asked = requestOf(role, commonName, signer, flags);
  if (isCompletedEarlier(written, asked, context)) {
    report(parseCertificate(readText(paths.certificate)), paths, context);
    return;
  }
  assertFree(written, force);
  const passphrase = flags.encryptKey
    ? await newPassphrase(flags, context, sentences.cliCert.encrypted.newKey)
    : undefined;

  const { publicKey, privateKey } = await keysFrom(flags, context);
  const at = await signingTime(ca, context);
  const issued = await signedBy(ca, () =>
    issue({
      profile,
      subject: subjectFrom(commonName, flags),
      publicKey,
      issuer: ca ? issuerOf(ca) : { privateKey },
      at,
      force,
      ...(flags.days === undefined ? {} : { validityDays: flags.days }),
      subjectAlternativeNames: request.subjectAlternativeNames ?? alternativeNamesFrom(flags),
    }),
  );
  const { pem } = issued;
  const made = parseCertificate(pem);
  const files: NewFile[] = [
    { path: paths.chain, contents: pem + (ca?.chainPem ?? ''), mode: publicFileMode },
    { path: paths.certificate, contents: pem, mode: publicFileMode },
  ];
  if (ownKey === undefined) {
    const contents = await privateKeyToPem(privateKey, passphrase);
    files.unshift({ path: paths.key, contents, mode: secretFileMode, passphrase });
  }
  writeAndReport(files, force, context, asked);
  report(made, paths, context);
  noteFailures(issued, context);
  noteIfNotForDps(made, role, context);
  noteIfShortened(made, ca?.certificate, context);
  noteIfShallow(made, flags, context);
  if (request.next && !context.output.json)
    context.output.note('cert.next', `\n${sentences.cliKernel.labels.next}${request.next(folder)}`);
}

/** Shows a new certificate: rows for people, or one JSON object. */
export function report(certificate: Certificate, files: Record<string, string>, { output }: Context): void {
  const description = inspectCertificate(certificate);
  if (output.json) {
    output.value({ certificate: description, files });
    return;
  }
  const { certificate: certificateTitle, chain, keyFile, pfx } = sentences.cliCert.rows;
  const titles: Record<string, string> = { certificate: certificateTitle, chain, key: keyFile, pfx };
  const rows = Object.entries(files).map(([name, path]): [string, string] => [
    titles[name] ?? name,
    displayPath(path),
  ]);
  output.data(rowsText([...rows.reverse(), ...shortRows(description)]));
}

/** A common name as the name of a folder: valid on every system, never a path, never empty. */
export function folderNameOf(commonName: string): string {
  const name = commonName
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 64);
  if (name === '') return 'certificate';
  // Windows reserves these names, with any extension.
  return /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(name) ? `certificate-${name}` : name;
}

/** Where the files of a module are in a certificate folder: below its device. No ID leads out of it. */
export function moduleFolder({ deviceId, moduleId }: ModuleIdentity, layout: Layout): string {
  const device = registrationIdProblem(deviceId) ? folderNameOf(deviceId) : deviceId;
  return join(layout.device(device).folder, 'modules', folderNameOf(moduleId));
}

function outFolder(
  { role, commonName, placeIn }: MakeRequest,
  flags: CertificateFlags,
  ca: SigningCa | undefined,
): string {
  if (flags.out !== undefined) return flags.out;
  if (!ca?.layout || !placeIn) {
    const module = role === 'device' ? moduleIdentityOf(commonName) : undefined;
    return module
      ? join(folderNameOf(module.deviceId), folderNameOf(module.moduleId))
      : folderNameOf(commonName);
  }
  const folder = placeIn(ca.layout);
  assertNoLinkBelow(ca.layout.folder, folder);
  return folder;
}
