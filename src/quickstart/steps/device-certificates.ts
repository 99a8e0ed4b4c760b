/** A certificate, a chain, a key and a PKCS#12 file for each device. */

import { createPublicKey } from 'node:crypto';
import { sameId } from '../../dps/contract/ids.js';
import { EnrollkitError, type ErrorCode, isAbort } from '../../errors.js';
import { asyncKeyPairSource, type EncodedKeyPair, keyPairOf } from '../../fleet/issue/key-pairs.js';
import { sentences } from '../../languages/language.js';
import { encryptPrivateKeyInfo } from '../../pki/containers/encryption.js';
import { pemEncode } from '../../pki/containers/pem.js';
import { openPfx } from '../../pki/containers/pkcs12-read.js';
import { derivePfxKeys, type PfxKeys, pfxWriter } from '../../pki/containers/pkcs12-write.js';
import { isEncryptedKey } from '../../pki/keys.js';
import { type Issuer, issue } from '../../pki/make/issue.js';
import { loadProfile, type Role } from '../../pki/make/profile.js';
import { generatedKeyOf } from '../../pki/private-key.js';
import { assertReadsBack } from '../../pki/read-back.js';
import { certificateDers, parseCertificate } from '../../pki/x509/certificate.js';
import { isIssuedBy, notIssuedBy } from '../../pki/x509/issued-by.js';
import { sha256OfFile } from '../../workspace/digest.js';
import {
  lookAt,
  publicFileMode,
  readBytesIfExists,
  readText,
  secretFileMode,
} from '../../workspace/files.js';
import type { CertificatePaths } from '../../workspace/layout.js';
import type { FilesChange } from '../../workspace/own-files.js';
import {
  addCertificate,
  certificateFiles,
  loadCertificate,
  type NewCertificate,
  restoreMissing,
  type StoredCertificate,
  withCheckedChain,
} from '../../workspace/stored-certificates.js';
import { requestOf } from '../device-requests.js';
import { deviceSigner, type SignDevice } from '../device-signer.js';
import { edgeCaName, keepsKeys } from '../planned-certificates.js';
import { assertNoRemains, isVacant, unfinishedKey } from '../remains.js';
import {
  expiredOn,
  forEachOf,
  openKey,
  type RunContext,
  requireFound,
  type Step,
  signingCa,
} from '../step.js';
import { keyPassphrase } from './certificate-chain.js';

/** Key generation and key derivation run in libuv's threads, of which there are four. */
const concurrency = 4;
/** Devices whose files are written together. A run that is killed loses those of one batch: a tenth of a second's work. */
const batchSize = 100;

export const deviceCertificates: Step = {
  id: 'device-certificates',
  title: (plan) => sentences.quickstartSteps.createDevices(plan.devices.registrationIds.length),
  preview: (plan, layout) => ({
    makes: plan.devices.registrationIds.flatMap((id) => {
      const paths = layout.device(id);
      const files = ({ key, chain, certificate }: CertificatePaths) => [key, chain, certificate];
      if (keepsKeys(plan)) return [paths.request, paths.chain, paths.certificate];
      return [paths.pfx, ...files(paths), ...(plan.enrollmentGroup.iotEdge ? files(paths.edgeCa) : [])];
    }),
    requests: [],
  }),
  async check(context) {
    const { plan, found } = context;
    found.devices ??= new Map();
    const folders = new Set<string>();
    for (const id of plan.devices.registrationIds) {
      if (found.devices.has(id)) continue;
      const made = asMade(context, id);
      const stored = made ?? (await usable(context, id, folders));
      if (stored && (made || isWhole(context, id, stored))) found.devices.set(id, stored);
    }
    if (found.devices.size !== plan.devices.registrationIds.length) return undefined;
    const { deviceCertificates } = plan.certificates;
    if (deviceCertificates === 'selfSigned') return (say) => say.selfSigned;
    const signer = signerName(context);
    return (say) => say.signedBy(signer);
  },
  async act(context) {
    const { plan, found, signal } = context;
    const devices = requireFound(found, 'devices');
    const missing = plan.devices.registrationIds.filter((id) => !devices.has(id));
    const maker = await deviceMaker(context);
    const size = plan.certificates.keyAlgorithm.startsWith('ec-') ? batchSize : concurrency;
    for (let first = 0; first < missing.length; first += size) {
      const batch = missing.slice(first, first + size);
      const change = context.files.change();
      await forEachOf(batch, concurrency, async (id) => {
        signal.throwIfAborted();
        await makeDevice(context, id, maker, change);
      });
      if (change.digests.size > 0) await change.commitMany();
      for (const [path, sha256] of change.digests) found.written.set(path, sha256);
      context.progress(sentences.quickstartSteps.doneOf(first + batch.length, missing.length));
    }
  },
};

/** The CA that signs the devices; undefined if they sign their own certificates. */
function signerOf({ plan, found }: RunContext): StoredCertificate | undefined {
  return plan.certificates.deviceCertificates === 'selfSigned' ? undefined : signingCa(found);
}

/** What all devices of a run share. */
interface DeviceMaker {
  /** Undefined if devices sign their own certificates. */
  issuer: DeviceIssuer | undefined;
  sign: SignDevice | undefined;
  nextKey: () => EncodedKeyPair | Promise<EncodedKeyPair>;
  /** What follows a device's certificate in its chain. */
  issuersPem: string;
  issuers: readonly Buffer[];
  /** By passphrase. */
  protections: Map<string, Promise<Protection>>;
  /** The kinds of files that were read back before they were written. */
  readBack: Set<string>;
}

/** What protects keys and PKCS#12 files with a passphrase: derived once, since that is most of the work of a file. */
interface Protection {
  keys: PfxKeys;
  writePfx: ReturnType<typeof pfxWriter>;
}

type DeviceIssuer = Required<Issuer>;

async function deviceMaker(context: RunContext): Promise<DeviceMaker> {
  const signer = signerOf(context);
  const issuersPem = signer?.chainPem ?? '';
  const issuer = signer && {
    certificate: signer.pem,
    privateKey: await openKey(context, signer),
    chainPem: issuersPem,
  };
  return {
    issuer,
    sign:
      issuer &&
      deviceSigner({
        profile: loadProfile('device'),
        issuer,
        at: context.now(),
        validityDays: context.plan.certificates.deviceValidityDays,
      }),
    nextKey: asyncKeyPairSource(context.plan.certificates.keyAlgorithm, context.signal),
    issuersPem,
    issuers: issuersPem === '' ? [] : certificateDers(issuersPem),
    protections: new Map(),
    readBack: new Set(),
  };
}

/**
 * A stored device certificate that this plan can go on with; undefined if there is none, and a new one can be made.
 * The same is looked at for the edge CA, where the plan has them.
 *
 * @param folders see `linkBelow`
 */
async function usable(
  context: RunContext,
  registrationId: string,
  folders: Set<string>,
): Promise<StoredCertificate | undefined> {
  const { layout, plan } = context;
  const paths = layout.device(registrationId);
  const authority = signerOf(context);
  const [signer, issuersPem] = [authority?.certificate, authority?.chainPem ?? ''];
  const signedBySigner = async (paths: CertificatePaths): Promise<StoredCertificate | undefined> => {
    if (isVacant(layout, paths, folders)) return undefined;
    const stored = loadCertificate(paths);
    if (!stored) {
      assertNoRemains(context, paths);
      return undefined;
    }
    const issuer = signer ?? stored.certificate;
    if (!isIssuedBy(stored.certificate, issuer)) {
      const why = signer
        ? sentences.quickstartSteps.deviceNotIssuedBy(notIssuedBy(stored.certificate, signer))
        : sentences.quickstartSteps.notSelfSigned;
      throw unusable(stored, why);
    }
    const { notAfter } = stored.certificate;
    if (context.now() > notAfter) throw unusable(stored, expiredOn(stored.certificate, context));
    if (keepsKeys(plan)) assertRequestedKey(context, registrationId, stored);
    else await openKey(context, stored);
    return withCheckedChain(stored, issuersPem);
  };
  const stored = await signedBySigner(paths);
  if (plan.enrollmentGroup.iotEdge) await signedBySigner(paths.edgeCa);
  if (!stored) return undefined;
  const commonName = stored.certificate.subject.commonName ?? '';
  if (!sameId(commonName, registrationId))
    throw unusable(stored, sentences.quickstartSteps.deviceCommonName(commonName));
  if (!keepsKeys(plan)) await assertOwnPfx(context, paths.pfx, stored);
  return stored;
}

/**
 * Refuses a PKCS#12 file that is damaged or of another key. It is not written again: it may have the only copy of a key.
 *
 * @throws EnrollkitError INVALID_PFX, KEY_MISMATCH, PASSPHRASE_REQUIRED, WRONG_PASSPHRASE; naming the file
 */
async function assertOwnPfx(context: RunContext, path: string, stored: StoredCertificate): Promise<void> {
  if (isMissing(path) || context.files.isUnchanged(path)) return;
  const isEncrypted = isEncryptedKey(readText(stored.paths.key));
  const refuse = (code: ErrorCode, why: string) =>
    new EnrollkitError(code, why, { next: sentences.quickstartSteps.movePfx(path), context: { file: path } });
  const { certificates } = await openPfx(readBytesIfExists(path) ?? '', {
    passphrase: isEncrypted ? context.passphrase : '',
    signal: context.signal,
  }).catch((error) => {
    throw error instanceof EnrollkitError && !isAbort(error)
      ? refuse(error.code, `${path}: ${error.message}`)
      : error;
  });
  if (certificates[0]!.publicKey.equals(stored.certificate.publicKey)) return;
  throw refuse('KEY_MISMATCH', sentences.quickstartSteps.otherPfx(path, stored.paths.certificate));
}

/** Of a device that keeps its key, the request is what the certificate has to match. */
function assertRequestedKey(context: RunContext, registrationId: string, stored: StoredCertificate): void {
  const { publicKey } = requestOf(context, registrationId);
  if (stored.certificate.publicKey.equals(publicKey)) return;
  throw unusable(stored, sentences.quickstartSteps.otherRequestedKey);
}

function unusable({ paths }: StoredCertificate, why: string): EnrollkitError {
  return new EnrollkitError('FILE_EXISTS', sentences.quickstartSteps.cannotReuse(paths.certificate, why), {
    next: sentences.quickstartSteps.moveAndRerun(paths.folder),
  });
}

/** A device that this run has made, if its files have what was written; undefined for any other. */
function asMade({ layout, plan, found }: RunContext, registrationId: string): StoredCertificate | undefined {
  const made = found.made.get(registrationId);
  if (!made) return undefined;
  const { pfx, edgeCa, ...device } = layout.device(registrationId);
  const certificates = [device, ...(plan.enrollmentGroup.iotEdge ? [edgeCa] : [])];
  const files = certificates.flatMap(({ key, chain, certificate }) => [key, chain, certificate]);
  return [pfx, ...files].every((path) => sha256OfFile(path) === found.written.get(path)) ? made : undefined;
}

/** Whether every file of a device is there, with the contents that this run wrote, if it wrote them. */
function isWhole(context: RunContext, registrationId: string, stored: StoredCertificate): boolean {
  const { layout, plan, found } = context;
  const { pfx, edgeCa, request, key } = layout.device(registrationId);
  const isAsWritten = (path: string) => {
    const sha256 = found.written.get(path);
    return sha256 === undefined || sha256OfFile(path) === sha256;
  };
  // Certificates were just parsed.
  if (![key, pfx].every(isAsWritten)) return false;
  if (keepsKeys(plan)) return stored.missing === undefined && !isMissing(request);
  if (stored.missing !== undefined || isMissing(pfx)) return false;
  if (!plan.enrollmentGroup.iotEdge) return true;
  const edge = loadCertificate(edgeCa);
  return (
    edge !== undefined && withCheckedChain(edge, signerOf(context)?.chainPem ?? '').missing === undefined
  );
}

/** An empty file contains no key to lose. */
function isMissing(path: string): boolean {
  return (lookAt(path)?.size ?? 0) === 0;
}

/** Makes the files of a device that are missing: all of them, or what an interrupted run did not get to. */
async function makeDevice(
  context: RunContext,
  registrationId: string,
  maker: DeviceMaker,
  change: FilesChange,
): Promise<void> {
  if (keepsKeys(context.plan)) return signRequested(context, registrationId, maker, change);
  const { plan, layout, files } = context;
  const paths = layout.device(registrationId);
  const { issuersPem } = maker;
  if (!lookAt(paths.folder)) return makeNewDevice(context, registrationId, maker, change);
  if (plan.enrollmentGroup.iotEdge) {
    const edge = loadChecked(paths.edgeCa, maker);
    if (edge) restoreMissing(files, edge, issuersPem);
    else {
      const made = await make(context, maker, 'edge-ca', edgeCaName(registrationId), paths.edgeCa);
      addCertificate(change, paths.edgeCa, made);
    }
  }
  const stored = loadChecked(paths, maker);
  if (stored) {
    const { certificate } = restoreMissing(files, stored, issuersPem);
    if (!isMissing(paths.pfx)) return;
    // As the key beside it, which may have come from elsewhere.
    const isEncrypted = isEncryptedKey(readText(paths.key));
    const key = await openKey(context, stored);
    const pfx = await pfxOf(
      maker,
      registrationId,
      { der: certificate.der, privateKeyInfo: key.export(pkcs8) },
      isEncrypted ? context.passphrase : undefined,
    );
    if (lookAt(paths.pfx)) change.replace(paths.pfx, pfx, secretFileMode);
    else change.create(paths.pfx, pfx, secretFileMode);
    return;
  }
  const device = await make(context, maker, 'device', registrationId, paths);
  const pfx = await pfxOf(maker, registrationId, device, keyPassphrase(context));
  addCertificate(change, paths, device, {
    besides: () => change.create(paths.pfx, pfx, secretFileMode),
  });
}

/** What the check has found: see {@link usable}. */
function loadChecked(paths: CertificatePaths, { issuersPem }: DeviceMaker): StoredCertificate | undefined {
  const stored = loadCertificate(paths);
  return stored && withCheckedChain(stored, issuersPem);
}

/** Makes a device that has no folder yet. */
async function makeNewDevice(
  context: RunContext,
  registrationId: string,
  maker: DeviceMaker,
  change: FilesChange,
): Promise<void> {
  const { plan, layout, found } = context;
  const paths = layout.device(registrationId);
  const edge = plan.enrollmentGroup.iotEdge
    ? await make(context, maker, 'edge-ca', edgeCaName(registrationId), paths.edgeCa)
    : undefined;
  const device = await make(context, maker, 'device', registrationId, paths);
  const pfx = await pfxOf(maker, registrationId, device, keyPassphrase(context));
  change.createFolder(paths.folder, [
    ...(edge ? certificateFiles(paths.edgeCa, edge) : []),
    ...certificateFiles(paths, device),
    { path: paths.pfx, contents: pfx, mode: secretFileMode },
  ]);
  const { der, pem } = device;
  const chainPem = pem + maker.issuersPem;
  found.made.set(registrationId, { paths, certificate: parseCertificate(der), pem, chainPem });
}

const pkcs8 = { format: 'der', type: 'pkcs8' } as const;

/** A certificate that was just made, with its key, unless that is in its place already. */
interface MadeCertificate extends NewCertificate {
  der: Buffer;
  /** PKCS#8 DER. */
  privateKeyInfo: Buffer;
}

async function make(
  context: RunContext,
  maker: DeviceMaker,
  role: Role,
  commonName: string,
  target: CertificatePaths,
): Promise<MadeCertificate> {
  const { plan, found } = context;
  const { issuer, sign, issuersPem } = maker;
  const unfinished = await unfinishedKey(context, target);
  const key = unfinished ? keyPairOf(unfinished.privateKey.export(pkcs8)) : await maker.nextKey();
  if (unfinished) found.keys.set(target.key, unfinished.privateKey);
  else found.generatedKeys.set(target.key, key);
  const der =
    role === 'device' && sign
      ? await sign(commonName, key)
      : (
          await issue({
            profile: loadProfile(role),
            subject: { commonName },
            publicKey: createPublicKey({ key: key.publicKeyInfo, format: 'der', type: 'spki' }),
            issuer: issuer ?? { privateKey: unfinished?.privateKey ?? generatedKeyOf(key.privateKeyInfo) },
            at: context.now(),
            validityDays: plan.certificates.deviceValidityDays,
          })
        ).der;
  const pem = pemEncode('CERTIFICATE', der);
  const { privateKeyInfo } = key;
  const keyPem = unfinished ? undefined : await keyPemOf(maker, privateKeyInfo, keyPassphrase(context));
  readBackFirst(maker, role, [pem, pem + issuersPem, ...(keyPem === undefined ? [] : [keyPem])]);
  return { der, pem, issuersPem, keyPem, privateKeyInfo };
}

/**
 * Reads files back as their readers will, if they are the first of their kind: the others are made in the same way, and
 * compared with what was made once they are in place.
 *
 * @throws EnrollkitError INTERNAL
 */
function readBackFirst(
  { readBack }: DeviceMaker,
  kind: string,
  contents: (string | Buffer)[],
  passphrase?: string,
) {
  if (readBack.has(kind)) return;
  assertReadsBack(contents.map((one) => ({ contents: one, passphrase })));
  readBack.add(kind);
}

/** The key as `key.pem` has it; all encrypted ones share a derivation, as the keys of a fleet do. */
async function keyPemOf(
  maker: DeviceMaker,
  privateKeyInfo: Buffer,
  passphrase: string | undefined,
): Promise<string> {
  if (passphrase === undefined) return pemEncode('PRIVATE KEY', privateKeyInfo);
  const { keys } = await protectionOf(maker, passphrase);
  return pemEncode('ENCRYPTED PRIVATE KEY', encryptPrivateKeyInfo(privateKeyInfo, keys.encryption));
}

function protectionOf({ protections, issuers }: DeviceMaker, passphrase: string): Promise<Protection> {
  const protection =
    protections.get(passphrase) ??
    derivePfxKeys(passphrase).then((keys) => ({ keys, writePfx: pfxWriter(keys, issuers) }));
  protections.set(passphrase, protection);
  return protection;
}

/** Signs the request of a device that keeps its key, and keeps the request beside the certificate. */
async function signRequested(
  context: RunContext,
  registrationId: string,
  maker: DeviceMaker,
  change: FilesChange,
): Promise<void> {
  const { plan, layout, files } = context;
  const paths = layout.device(registrationId);
  const { issuersPem } = maker;
  const request = requestOf(context, registrationId);
  const stored = loadChecked(paths, maker);
  if (stored) {
    restoreMissing(files, stored, issuersPem);
    if (!request.isStored) change.create(paths.request, request.pem, publicFileMode);
    return;
  }
  // Its subject, its names and the kind of its key are those of the request.
  const { pem } = await issue({
    profile: loadProfile('device'),
    subject: request.subject,
    publicKey: request.publicKey,
    issuer: maker.issuer!,
    at: context.now(),
    validityDays: plan.certificates.deviceValidityDays,
    subjectAlternativeNames: request.subjectAlternativeNames,
  });
  assertReadsBack([{ contents: pem }, { contents: pem + issuersPem }]);
  const besides = () => {
    if (!request.isStored) change.create(paths.request, request.pem, publicFileMode);
  };
  addCertificate(change, paths, { pem, issuersPem }, { besides });
}

async function pfxOf(
  maker: DeviceMaker,
  registrationId: string,
  { der, privateKeyInfo }: Pick<MadeCertificate, 'der' | 'privateKeyInfo'>,
  passphrase = '',
): Promise<Buffer> {
  const { writePfx } = await protectionOf(maker, passphrase);
  const pfx = writePfx({ certificate: der, privateKeyInfo, friendlyName: registrationId });
  readBackFirst(maker, `pfx ${passphrase}`, [pfx], passphrase);
  return pfx;
}

function signerName({ found }: RunContext): string {
  return signingCa(found).certificate.subject.commonName ?? 'the CA';
}
