/** A certificate, a chain, a key and a PKCS#12 file for each device. */

import type { KeyObject } from 'node:crypto';
import { sameId } from '../../dps/contract/ids.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { DerivedKeys } from '../../pki/containers/pkcs12/work.js';
import { createPfxWith, derivePfxKeys, type PfxKeys } from '../../pki/containers/pkcs12-write.js';
import { generateKeyPair, isEncryptedKey, privateKeyToPem } from '../../pki/keys.js';
import { issue } from '../../pki/make/issue.js';
import { loadProfile, type Role } from '../../pki/make/profile.js';
import { assertReadsBack } from '../../pki/read-back.js';
import { certificateToPem, parseCertificates } from '../../pki/x509/certificate.js';
import { isIssuedBy, notIssuedBy } from '../../pki/x509/issued-by.js';
import { lookAt, publicFileMode, readText, secretFileMode } from '../../workspace/files.js';
import type { CertificatePaths } from '../../workspace/layout.js';
import {
  assertOwnChain,
  loadCertificate,
  restoreMissing,
  type StoredCertificate,
  saveCertificate,
} from '../../workspace/stored-certificates.js';
import { requestOf } from '../device-requests.js';
import { edgeCaName, keepsKeys } from '../planned-certificates.js';
import { assertNoRemains, unfinishedKey } from '../remains.js';
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
    for (const id of plan.devices.registrationIds) {
      if (found.devices.has(id)) continue;
      const stored = await usable(context, id);
      if (stored && isWhole(context, id, stored)) found.devices.set(id, stored);
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
    const signer = signerOf(context);
    const issuer = signer && { certificate: signer.pem, privateKey: await openKey(context, signer) };
    const pfxKeys: SharedPfxKeys = { written: new Map(), read: new Map() };
    let done = 0;
    await forEachOf(missing, concurrency, async (id) => {
      signal.throwIfAborted();
      await makeDevice(context, id, issuer, pfxKeys);
      done += 1;
      context.progress(sentences.quickstartSteps.doneOf(done, missing.length));
    });
  },
};

/** The CA that signs the devices; undefined if they sign their own certificates. */
function signerOf({ plan, found }: RunContext): StoredCertificate | undefined {
  return plan.certificates.deviceCertificates === 'selfSigned' ? undefined : signingCa(found);
}

/** Keys of the PKCS#12 files, which all devices share: deriving them is most of the work of a file. */
interface SharedPfxKeys {
  /** By their passphrases. */
  written: Map<string, Promise<PfxKeys>>;
  read: DerivedKeys;
}

type DeviceIssuer = { certificate: string; privateKey: KeyObject } | undefined;

/**
 * A stored device certificate that this plan can go on with; undefined if there is none, and a new one can be made.
 * The same is looked at for the edge CA, where the plan has them.
 */
async function usable(context: RunContext, registrationId: string): Promise<StoredCertificate | undefined> {
  const { layout, plan } = context;
  const paths = layout.device(registrationId);
  const signer = signerOf(context)?.certificate;
  const signedBySigner = async (paths: CertificatePaths): Promise<StoredCertificate | undefined> => {
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
    assertOwnChain(stored);
    return stored;
  };
  const stored = await signedBySigner(paths);
  if (plan.enrollmentGroup.iotEdge) await signedBySigner(paths.edgeCa);
  if (!stored) return undefined;
  const commonName = stored.certificate.subject.commonName ?? '';
  if (!sameId(commonName, registrationId))
    throw unusable(stored, sentences.quickstartSteps.deviceCommonName(commonName));
  return stored;
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

/** Whether every file of a device is there. */
function isWhole({ layout, plan }: RunContext, registrationId: string, stored: StoredCertificate): boolean {
  const { pfx, edgeCa, request } = layout.device(registrationId);
  if (keepsKeys(plan)) return stored.missing === undefined && !isMissing(request);
  if (stored.missing !== undefined || isMissing(pfx)) return false;
  if (!plan.enrollmentGroup.iotEdge) return true;
  const edge = loadCertificate(edgeCa);
  return edge !== undefined && edge.missing === undefined;
}

/** An empty file contains no key to lose. */
function isMissing(path: string): boolean {
  return (lookAt(path)?.size ?? 0) === 0;
}

/** Makes the files of a device that are missing: all of them, or what an interrupted run did not get to. */
async function makeDevice(
  context: RunContext,
  registrationId: string,
  issuer: DeviceIssuer,
  pfxKeys: SharedPfxKeys,
): Promise<void> {
  if (keepsKeys(context.plan)) return signRequested(context, registrationId, issuer);
  const { plan, layout, found, files, signal } = context;
  const paths = layout.device(registrationId);
  const issuersPem = signerOf(context)?.chainPem ?? '';
  const make = async (role: Role, commonName: string, target: CertificatePaths) => {
    const unfinished = await unfinishedKey(context, target);
    const { publicKey, privateKey } =
      unfinished ?? (await generateKeyPair(plan.certificates.keyAlgorithm, signal));
    found.keys.set(target.key, privateKey);
    const { pem } = await issue({
      profile: loadProfile(role),
      subject: { commonName },
      publicKey,
      issuer: issuer ? { ...issuer, chainPem: issuersPem } : { privateKey },
      at: context.now(),
      validityDays: plan.certificates.deviceValidityDays,
    });
    const keyPem = unfinished ? undefined : await privateKeyToPem(privateKey, keyPassphrase(context));
    return { pem, issuersPem, keyPem };
  };
  if (plan.enrollmentGroup.iotEdge) {
    const edge = loadCertificate(paths.edgeCa);
    if (edge) restoreMissing(files, edge, issuersPem);
    else {
      const made = await make('edge-ca', edgeCaName(registrationId), paths.edgeCa);
      saveCertificate(files, paths.edgeCa, made);
    }
  }
  const stored = loadCertificate(paths);
  if (stored) {
    const { pem } = restoreMissing(files, stored, issuersPem);
    if (!isMissing(paths.pfx)) return;
    // As the key beside it, which may have come from elsewhere.
    const isEncrypted = isEncryptedKey(readText(paths.key));
    const passphrase = isEncrypted ? context.passphrase : undefined;
    const pfx = await pfxOf(context, registrationId, pem, passphrase, pfxKeys);
    if (lookAt(paths.pfx)) files.replace(paths.pfx, pfx, secretFileMode);
    else files.create(paths.pfx, pfx, secretFileMode);
    return;
  }
  const device = await make('device', registrationId, paths);
  const pfx = await pfxOf(context, registrationId, device.pem, keyPassphrase(context), pfxKeys);
  saveCertificate(files, paths, device, {
    besides: (change) => change.create(paths.pfx, pfx, secretFileMode),
  });
}

/** Signs the request of a device that keeps its key, and keeps the request beside the certificate. */
async function signRequested(
  context: RunContext,
  registrationId: string,
  issuer: DeviceIssuer,
): Promise<void> {
  const { plan, layout, files } = context;
  const paths = layout.device(registrationId);
  const issuersPem = signingCa(context.found).chainPem;
  const request = requestOf(context, registrationId);
  const stored = loadCertificate(paths);
  if (stored) {
    restoreMissing(files, stored, issuersPem);
    if (!request.isStored) files.create(paths.request, request.pem, publicFileMode);
    return;
  }
  const { pem } = await issue({
    profile: loadProfile('device'),
    subject: request.subject,
    publicKey: request.publicKey,
    issuer: { ...issuer!, chainPem: issuersPem },
    at: context.now(),
    validityDays: plan.certificates.deviceValidityDays,
    subjectAlternativeNames: request.subjectAlternativeNames,
  });
  saveCertificate(
    files,
    paths,
    { pem, issuersPem },
    {
      besides: (change) => {
        if (!request.isStored) change.create(paths.request, request.pem, publicFileMode);
      },
    },
  );
}

async function pfxOf(
  context: RunContext,
  registrationId: string,
  pem: string,
  passphrase = '',
  { written, read }: SharedPfxKeys,
): Promise<Uint8Array> {
  const { found, layout } = context;
  const keys = written.get(passphrase) ?? derivePfxKeys(passphrase);
  written.set(passphrase, keys);
  const issuersPem = signerOf(context)?.chainPem ?? '';
  const pfx = createPfxWith(await keys, {
    certificate: pem,
    privateKey: found.keys.get(layout.device(registrationId).key)!,
    chain: issuersPem === '' ? [] : parseCertificates(issuersPem).map(certificateToPem),
    friendlyName: registrationId,
  });
  assertReadsBack([{ contents: pfx, passphrase }], read);
  return pfx;
}

function signerName({ found }: RunContext): string {
  return signingCa(found).certificate.subject.commonName ?? 'the CA';
}
