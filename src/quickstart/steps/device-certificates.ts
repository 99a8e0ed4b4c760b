/** A certificate, a chain, a key and a PKCS#12 file for each device. */

import { sameId } from '../../dps/contract/ids.js';
import { EnrollkitError } from '../../errors.js';
import { createPfx } from '../../pki/containers/pkcs12-write.js';
import { generateKeyPair } from '../../pki/keys.js';
import { issue } from '../../pki/make/issue.js';
import { loadProfile, type Role } from '../../pki/make/profile.js';
import { isIssuedBy, notIssuedBy } from '../../pki/x509/issued-by.js';
import { secretFileMode, writeFileAtomically } from '../../workspace/files.js';
import type { CertificatePaths } from '../../workspace/layout.js';
import {
  loadCertificate,
  type StoredCertificate,
  saveCertificate,
} from '../../workspace/stored-certificates.js';
import { journalFile } from '../local-files.js';
import { openKey } from '../opened-keys.js';
import { forEachOf, need, type RunContext, type Step, signingCa } from '../step.js';
import { keyPassphrase } from './certificate-chain.js';

/** Key generation and key derivation run in libuv's threads, of which there are four. */
const concurrency = 4;

export const deviceCertificates: Step = {
  id: 'device-certificates',
  title: (plan) => `Make ${count(plan.devices.registrationIds.length)}`,
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
      if (stored) found.devices.set(id, stored);
    }
    const made = found.devices.size;
    return made === plan.devices.registrationIds.length ? `signed by ${signerName(context)}` : undefined;
  },
  async act(context) {
    const { plan, found, signal } = context;
    const devices = need(found, 'devices');
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
      context.progress(`${done} of ${missing.length}`);
    });
  },
};

/** A stored device certificate that this plan can go on with; undefined when the device is to be made. */
async function usable(context: RunContext, registrationId: string): Promise<StoredCertificate | undefined> {
  const { layout, plan, now, found } = context;
  const paths = layout.device(registrationId);
  const stored = loadCertificate(paths);
  if (!stored) return undefined;
  if (plan.enrollmentGroup.iotEdge && !loadCertificate(paths.edgeCa)) return undefined;
  const { certificate } = stored;
  const refuse = (why: string) =>
    new EnrollkitError('FILE_EXISTS', `${paths.certificate} cannot be reused: ${why}.`, {
      next: `Move ${paths.folder} away, then run the same command again: it makes a new one.`,
    });
  if (!sameId(certificate.subject.commonName ?? '', registrationId)) {
    throw refuse(`its common name is "${certificate.subject.commonName}"`);
  }
  const signer = signingCa(found).certificate;
  if (!isIssuedBy(certificate, signer)) {
    throw refuse(`it was not issued by ${notIssuedBy(certificate, signer)}`);
  }
  if (now() > certificate.notAfter) throw refuse(`it expired on ${certificate.notAfter.toISOString()}`);
  await openKey(context, stored);
  return stored;
}

async function makeDevice(
  context: RunContext,
  registrationId: string,
  issuer: { certificate: string; privateKey: Awaited<ReturnType<typeof generateKeyPair>>['privateKey'] },
): Promise<void> {
  const paths = context.layout.device(registrationId);
  const make = async (role: Role, commonName: string, target: CertificatePaths) => {
    const { plan, now, found, signal } = context;
    const { publicKey, privateKey } = await generateKeyPair(plan.certificates.keyAlgorithm, signal);
    found.keys.set(target.key, privateKey);
    const { pem } = await issue({
      profile: loadProfile(role),
      subject: { commonName },
      publicKey,
      issuer,
      at: now(),
      validityDays: plan.certificates.deviceValidityDays,
    });
    for (const path of [target.key, target.chain, target.certificate]) journalFile(context, path);
    return { pem, issuersPem: signingCa(found).chainPem, privateKey, passphrase: keyPassphrase(context) };
  };
  if (context.plan.enrollmentGroup.iotEdge && !loadCertificate(paths.edgeCa)) {
    await saveCertificate(paths.edgeCa, await make('edge-ca', edgeCaName(registrationId), paths.edgeCa));
  }
  if (loadCertificate(paths)) return;
  const device = await make('device', registrationId, paths);
  journalFile(context, paths.pfx);
  const pfx = await createPfx({
    certificate: device.pem,
    privateKey: device.privateKey,
    chain: issuers(context.found),
    friendlyName: registrationId,
    passphrase: keyPassphrase(context) ?? '',
  });
  // The PKCS#12 file goes first: a folder with a certificate in it is complete.
  writeFileAtomically(paths.pfx, pfx, secretFileMode);
  await saveCertificate(paths, device);
}

/** The suffix keeps a gateway's CA apart from the gateway itself, whose common name is the registration ID. */
function edgeCaName(registrationId: string): string {
  return `${registrationId.slice(0, 61)}.ca`;
}

function issuers({ root, intermediate }: RunContext['found']): string[] {
  return [intermediate?.pem, root?.pem].filter((pem) => pem !== undefined);
}

function signerName({ found }: RunContext): string {
  return signingCa(found).certificate.subject.commonName ?? 'the CA';
}

function count(devices: number): string {
  return devices === 1 ? '1 device certificate' : `${devices} device certificates`;
}
