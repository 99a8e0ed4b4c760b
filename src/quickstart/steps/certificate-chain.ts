/** The chain of CAs: the root, and the intermediate where the plan has one. Made once, then reused. */

import { randomBytes } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { generateKeyPair, keyAlgorithmOf, privateKeyToPem } from '../../pki/keys.js';
import { type Issuer, issue } from '../../pki/make/issue.js';
import { loadProfile } from '../../pki/make/profile.js';
import { certificateToPem, parseCertificate, parseCertificates } from '../../pki/x509/certificate.js';
import { isIssuedBy, notIssuedBy } from '../../pki/x509/issued-by.js';
import type { CertificatePaths } from '../../workspace/layout.js';
import {
  loadCertificate,
  restoreMissing,
  type StoredCertificate,
  saveCertificate,
  withCheckedChain,
} from '../../workspace/stored-certificates.js';
import { assertCanUse } from '../existing-ca.js';
import { authoritiesOf, type CaRole } from '../planned-certificates.js';
import { assertNoRemains, requireExistingCa, unfinishedKey } from '../remains.js';
import { generatedCaName } from '../resource-tags.js';
import {
  clockOwner,
  type ExistingCa,
  expiredOn,
  openKey,
  type RunContext,
  requireFound,
  type Step,
} from '../step.js';

export const certificateChain: Step = {
  id: 'certificate-chain',
  title({ certificates }) {
    const { existingCa, intermediate } = certificates;
    if (existingCa === 'intermediate') return sentences.quickstartSteps.copyIntermediate;
    if (existingCa === 'root')
      return intermediate
        ? sentences.quickstartSteps.copyRootCreateIntermediate
        : sentences.quickstartSteps.copyRoot;
    return intermediate ? sentences.quickstartSteps.createBoth : sentences.quickstartSteps.createRoot;
  },
  applies: (plan) => authoritiesOf(plan).length > 0,
  preview: (plan, layout) => ({
    makes: authoritiesOf(plan).flatMap((role) => {
      const { key, chain, certificate } = layout[role];
      return [key, chain, certificate];
    }),
    requests: [],
  }),
  async check(context) {
    const { plan, found } = context;
    const roles = authoritiesOf(plan);
    for (const role of ['root', 'intermediate'] as const)
      found[role] = roles.includes(role) ? await usable(context, role) : undefined;
    assertChainHolds(context);
    const wanted = roles.map((role) => found[role]);
    if (!wanted.every((ca) => ca && ca.missing === undefined)) return undefined;
    const names = wanted.flatMap((ca) => ca?.certificate.subject.commonName ?? []);
    return () => names.join(' > ');
  },
  async act(context) {
    const { plan, found, layout, files } = context;
    const { existingCa } = plan.certificates;
    if (existingCa !== 'none' && !found[existingCa])
      found[existingCa] = await copyExisting(context, existingCa);
    if (existingCa === 'intermediate') {
      const intermediate = requireFound(found, 'intermediate');
      found.intermediate = restoreMissing(files, intermediate, issuersOf(context, 'intermediate') ?? '');
      return;
    }
    const suffix = () => randomBytes(4).toString('hex').toUpperCase();
    if (found.root) found.root = restoreMissing(files, found.root, issuersOf(context, 'root') ?? '');
    else {
      // Two roots of one name would be mistaken for each other in DPS, so each gets a unique name.
      const commonName = plan.certificates.rootCommonName ?? generatedCaName('root', suffix());
      found.root = await makeCa(context, 'root', layout.root, commonName);
    }
    if (found.intermediate) {
      found.intermediate = restoreMissing(files, found.intermediate, found.root.chainPem);
    } else if (plan.certificates.intermediate) {
      const commonName =
        plan.certificates.intermediateCommonName ?? generatedCaName('intermediate', suffix());
      found.intermediate = await makeCa(context, 'intermediate', layout.intermediate, commonName, {
        certificate: found.root.pem,
        chainPem: found.root.chainPem,
        privateKey: await openKey(context, found.root),
      });
    }
  },
};

/** What follows the certificate of a CA in its `chain.pem`; undefined for an existing CA that was not given to this run. */
function issuersOf({ plan, found, existingCa }: RunContext, role: CaRole): string | undefined {
  if (role !== plan.certificates.existingCa) return role === 'root' ? '' : found.root?.chainPem;
  return existingCa && issuersInChain(existingCa);
}

function issuersInChain({ chainPem }: ExistingCa): string {
  return parseCertificates(chainPem).slice(1).map(certificateToPem).join('');
}

/** Copies the CA that was given. Its own files stay as they are, and the key in the folder is encrypted if it was. */
async function copyExisting(context: RunContext, role: CaRole): Promise<StoredCertificate> {
  const { plan, layout, found, files, now } = context;
  const { key } = layout[role];
  const existingCa = requireExistingCa(context, role);
  await assertCanUse(plan, existingCa, now());
  const { pem, privateKey, passphrase } = existingCa;
  const issuersPem = issuersInChain(existingCa);
  const keyPem = await privateKeyToPem(privateKey, passphrase ?? keyPassphrase(context));
  found.keys.set(key, privateKey);
  return saveCertificate(files, layout[role], { pem, issuersPem, keyPem });
}

/** A stored CA that this plan can go on with; undefined if there is none, and a new one can be made. */
async function usable(context: RunContext, role: CaRole): Promise<StoredCertificate | undefined> {
  const { plan, layout, now } = context;
  const stored = loadCertificate(layout[role]);
  if (!stored) {
    assertNoRemains(context, layout[role]);
    return undefined;
  }
  const { certificate, paths } = stored;
  const refuse = (why: string) =>
    new EnrollkitError('FILE_EXISTS', sentences.quickstartSteps.cannotReuse(paths.certificate, why), {
      next: sentences.quickstartSteps.changePlanOrMove(paths.folder),
    });
  if (now() < certificate.notBefore) {
    throw new EnrollkitError(
      'CLOCK_SKEW',
      sentences.quickstartSteps.notValidYet(
        paths.certificate,
        certificate.notBefore.toISOString(),
        clockOwner(context),
        now().toISOString(),
      ),
    );
  }
  if (now() > certificate.notAfter) throw refuse(expiredOn(certificate, context));
  const wanted =
    role === 'root' ? plan.certificates.rootCommonName : plan.certificates.intermediateCommonName;
  if (wanted !== null && wanted !== certificate.subject.commonName) {
    throw refuse(sentences.quickstartSteps.otherCommonName(certificate.subject.commonName ?? '', wanted));
  }
  const isExisting = role === plan.certificates.existingCa;
  const { existingCa } = context;
  if (isExisting && existingCa && !certificate.der.equals(parseCertificate(existingCa.pem).der)) {
    throw refuse(sentences.quickstartSteps.otherCa(existingCa.path));
  }
  const algorithm = keyAlgorithmOf(certificate.publicKey);
  if (!isExisting && algorithm !== plan.certificates.keyAlgorithm) {
    throw refuse(sentences.quickstartSteps.otherKeyAlgorithm(algorithm, plan.certificates.keyAlgorithm));
  }
  // Opened now, so that a wrong passphrase or a swapped key is found before anything is uploaded.
  await openKey(context, stored);
  const checked = withCheckedChain(stored, issuersOf(context, role));
  if (isExisting && !existingCa) assertChainEnds(context, checked);
  return checked;
}

/**
 * Refuses the chain of an existing CA that was changed since a run wrote it and does not end with a root: nobody knows
 * whether certificates are missing.
 *
 * @throws EnrollkitError CHAIN_INVALID
 */
function assertChainEnds({ files }: RunContext, { paths, chainPem, missing }: StoredCertificate): void {
  if (missing || !files.wasMade(paths.chain) || files.isUnchanged(paths.chain)) return;
  const last = parseCertificates(chainPem).at(-1)!;
  if (isIssuedBy(last, last)) return;
  throw new EnrollkitError('CHAIN_INVALID', sentences.quickstartSteps.chainHasNoEnd(paths.chain), {
    next: sentences.quickstartSteps.giveCaAgain(paths.chain),
  });
}

/**
 * Refuses an intermediate or devices whose CA is missing or is not the one in the folder: a new CA would replace the
 * one that DPS accepts them by.
 *
 * @throws EnrollkitError FILE_EXISTS
 */
function assertChainHolds({ plan, layout, found }: RunContext): void {
  const { root, intermediate } = found;
  const refuse = (what: StoredCertificate, why: string, gone: CertificatePaths) =>
    new EnrollkitError(
      'FILE_EXISTS',
      sentences.quickstartSteps.certificateProblem(what.paths.certificate, why),
      {
        next: sentences.quickstartSteps.restoreOrMove(gone.folder, what.paths.folder),
      },
    );
  if (intermediate && !root && authoritiesOf(plan).includes('root')) {
    throw refuse(intermediate, sentences.quickstartSteps.missingRoot(layout.root.folder), layout.root);
  }
  if (intermediate && root && !leadsTo(intermediate, root)) {
    const why = notIssuedBy(intermediate.certificate, root.certificate);
    throw refuse(intermediate, sentences.quickstartSteps.notIssuedBy(why), layout.root);
  }
  const signer = plan.certificates.intermediate ? 'intermediate' : 'root';
  if (found[signer]) return;
  for (const id of plan.devices.registrationIds) {
    const device = loadCertificate(layout.device(id));
    if (device)
      throw refuse(device, sentences.quickstartSteps.missingSigner(layout[signer].folder), layout[signer]);
  }
}

/** Whether a root is above an intermediate, directly or by the intermediates in its `chain.pem`. */
function leadsTo({ certificate, chainPem }: StoredCertificate, root: StoredCertificate): boolean {
  if (isIssuedBy(certificate, root.certificate)) return true;
  const chain = parseCertificates(chainPem);
  return chain.every((one, index) => {
    const next = chain[index + 1] ?? root.certificate;
    return one.der.equals(root.certificate.der) || isIssuedBy(one, next);
  });
}

async function makeCa(
  context: RunContext,
  role: CaRole,
  paths: CertificatePaths,
  commonName: string,
  issuer?: Issuer,
): Promise<StoredCertificate> {
  const { plan, now, found, files, signal } = context;
  context.progress(
    role === 'root' ? sentences.quickstartSteps.creatingRoot : sentences.quickstartSteps.creatingIntermediate,
  );
  const unfinished = await unfinishedKey(context, paths);
  const { publicKey, privateKey } =
    unfinished ?? (await generateKeyPair(plan.certificates.keyAlgorithm, signal));
  const { pem } = await issue({
    profile: loadProfile(role),
    subject: { commonName },
    publicKey,
    issuer: issuer ?? { privateKey },
    at: now(),
  });
  const issuersPem = issuer ? requireFound(found, 'root').chainPem : '';
  const keyPem = unfinished ? undefined : await privateKeyToPem(privateKey, keyPassphrase(context));
  found.keys.set(paths.key, privateKey);
  return saveCertificate(files, paths, { pem, issuersPem, keyPem });
}

/** What new keys are encrypted with; undefined for keys in the clear. */
export function keyPassphrase({
  plan,
  passphrase,
}: Pick<RunContext, 'plan' | 'passphrase'>): string | undefined {
  return plan.certificates.encryptKeys ? passphrase : undefined;
}
