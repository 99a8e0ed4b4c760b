/** A certificate, a chain, a key and a PKCS#12 file for each device. */

import { sameId } from '../../dps/contract/ids.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { createPfx } from '../../pki/containers/pkcs12-write.js';
import { generateKeyPair, isEncryptedKey, privateKeyToPem } from '../../pki/keys.js';
import { issue } from '../../pki/make/issue.js';
import { loadProfile, type Role } from '../../pki/make/profile.js';
import { assertReadsBack } from '../../pki/read-back.js';
import { certificateToPem, parseCertificates } from '../../pki/x509/certificate.js';
import { isIssuedBy, notIssuedBy } from '../../pki/x509/issued-by.js';
import { lookAt, readText, secretFileMode } from '../../workspace/files.js';
import type { CertificatePaths } from '../../workspace/layout.js';
import {
  assertOwnChain,
  loadCertificate,
  restoreMissing,
  type StoredCertificate,
  saveCertificate,
} from '../../workspace/stored-certificates.js';
import { edgeCaName } from '../planned-certificates.js';
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
    const signer = signerName(context);
    return (say) => say.signedBy(signer);
  },
  async act(context) {
    const { plan, found, signal } = context;
    const devices = requireFound(found, 'devices');
    const missing = plan.devices.registrationIds.filter((id) => !devices.has(id));
    const issuer = {
      certificate: signingCa(found).pem,
      privateKey: await openKey(context, signingCa(found)),
    };
    let done = 0;
    await forEachOf(missing, concurrency, async (id) => {
      signal.throwIfAborted();
      await makeDevice(context, id, issuer);
      done += 1;
      context.progress(sentences.quickstartSteps.doneOf(done, missing.length));
    });
  },
};

/**
 * A stored device certificate that this plan can go on with; undefined if there is none, and a new one can be made.
 * The same is looked at for the edge CA, where the plan has them.
 */
async function usable(context: RunContext, registrationId: string): Promise<StoredCertificate | undefined> {
  const { layout, plan, found } = context;
  const paths = layout.device(registrationId);
  const { certificate } = signingCa(found);
  const signedBySigner = async (paths: CertificatePaths): Promise<StoredCertificate | undefined> => {
    const stored = loadCertificate(paths);
    if (!stored) {
      assertNoRemains(context, paths);
      return undefined;
    }
    if (!isIssuedBy(stored.certificate, certificate)) {
      throw unusable(
        stored,
        sentences.quickstartSteps.deviceNotIssuedBy(notIssuedBy(stored.certificate, certificate)),
      );
    }
    const { notAfter } = stored.certificate;
    if (context.now() > notAfter) throw unusable(stored, expiredOn(stored.certificate, context));
    await openKey(context, stored);
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

function unusable({ paths }: StoredCertificate, why: string): EnrollkitError {
  return new EnrollkitError('FILE_EXISTS', sentences.quickstartSteps.cannotReuse(paths.certificate, why), {
    next: sentences.quickstartSteps.moveAndRerun(paths.folder),
  });
}

/** Whether every file of a device is there. */
function isWhole({ layout, plan }: RunContext, registrationId: string, stored: StoredCertificate): boolean {
  const { pfx, edgeCa } = layout.device(registrationId);
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
  issuer: { certificate: string; privateKey: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'] },
): Promise<void> {
  const { plan, layout, found, files, signal } = context;
  const paths = layout.device(registrationId);
  const issuersPem = signingCa(found).chainPem;
  const make = async (role: Role, commonName: string, target: CertificatePaths) => {
    const unfinished = await unfinishedKey(context, target);
    const { publicKey, privateKey } =
      unfinished ?? (await generateKeyPair(plan.certificates.keyAlgorithm, signal));
    found.keys.set(target.key, privateKey);
    const { pem } = await issue({
      profile: loadProfile(role),
      subject: { commonName },
      publicKey,
      issuer: { ...issuer, chainPem: issuersPem },
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
    const pfx = await pfxOf(context, registrationId, pem, isEncrypted ? context.passphrase : undefined);
    if (lookAt(paths.pfx)) files.replace(paths.pfx, pfx, secretFileMode);
    else files.create(paths.pfx, pfx, secretFileMode);
    return;
  }
  const device = await make('device', registrationId, paths);
  const pfx = await pfxOf(context, registrationId, device.pem, keyPassphrase(context));
  saveCertificate(files, paths, device, {
    besides: (change) => change.create(paths.pfx, pfx, secretFileMode),
  });
}

async function pfxOf(
  { found, layout }: RunContext,
  registrationId: string,
  pem: string,
  passphrase: string | undefined,
): Promise<Uint8Array> {
  const pfx = await createPfx({
    certificate: pem,
    privateKey: found.keys.get(layout.device(registrationId).key)!,
    chain: parseCertificates(signingCa(found).chainPem).map(certificateToPem),
    friendlyName: registrationId,
    passphrase: passphrase ?? '',
  });
  assertReadsBack([{ contents: pfx, passphrase: passphrase ?? '' }]);
  return pfx;
}

function signerName({ found }: RunContext): string {
  return signingCa(found).certificate.subject.commonName ?? 'the CA';
}
