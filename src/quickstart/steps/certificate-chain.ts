/** The chain of CAs: the root, and the intermediate where the plan has one. Made once, then reused. */
import { randomBytes } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { generateKeyPair, keyAlgorithmOf } from '../../pki/keys.js';
import { type Issuer, issue } from '../../pki/make/issue.js';
import { loadProfile } from '../../pki/make/profile.js';
import type { CertificatePaths } from '../../workspace/layout.js';
import {
  loadCertificate,
  type StoredCertificate,
  saveCertificate,
} from '../../workspace/stored-certificates.js';
import { journalFile } from '../local-files.js';
import { openKey } from '../opened-keys.js';
import { need, type RunContext, type Step } from '../step.js';

type CaRole = 'root' | 'intermediate';

export const certificateChain: Step = {
  id: 'certificate-chain',
  title: (plan) =>
    plan.certificates.intermediate ? 'Make the root and the intermediate CA' : 'Make the root CA',
  preview: (plan, layout) => ({
    makes: [layout.root, ...(plan.certificates.intermediate ? [layout.intermediate] : [])].flatMap(
      ({ key, chain, certificate }) => [key, chain, certificate],
    ),
    requests: [],
  }),
  async check(context) {
    const { plan, found } = context;
    found.root = await usable(context, 'root');
    if (found.root && plan.certificates.intermediate)
      found.intermediate = await usable(context, 'intermediate');
    if (!found.root || (plan.certificates.intermediate && !found.intermediate)) return undefined;
    return [found.root, found.intermediate]
      .flatMap((ca) => ca?.certificate.subject.commonName ?? [])
      .join(' > ');
  },
  async act(context) {
    const { plan, found, layout } = context;
    const suffix = () => randomBytes(4).toString('hex').toUpperCase();
    if (!found.root) {
      // Two roots of one name would be mistaken for each other in DPS, so each has a name of its own.
      const commonName = plan.certificates.rootCommonName ?? `Enrollkit Root CA ${suffix()}`;
      found.root = await makeCa(context, 'root', layout.root, commonName);
    }
    if (plan.certificates.intermediate && !found.intermediate) {
      const commonName = plan.certificates.intermediateCommonName ?? `Enrollkit Intermediate CA ${suffix()}`;
      found.intermediate = await makeCa(context, 'intermediate', layout.intermediate, commonName, {
        certificate: found.root.pem,
        privateKey: await openKey(context, found.root),
      });
    }
  },
};

/** A stored CA that this plan can go on with; undefined when there is none. */
async function usable(context: RunContext, role: CaRole): Promise<StoredCertificate | undefined> {
  const { plan, layout, now } = context;
  const stored = loadCertificate(layout[role]);
  if (!stored) return undefined;
  const { certificate, paths } = stored;
  const refuse = (why: string) =>
    new EnrollkitError('FILE_EXISTS', `${paths.certificate} cannot be reused: ${why}.`, {
      next: `Change the plan, move ${paths.folder} away, or choose another folder with --dir FOLDER.`,
    });
  if (now() < certificate.notBefore) {
    throw new EnrollkitError(
      'CLOCK_SKEW',
      `${paths.certificate} is not valid before ${certificate.notBefore.toISOString()}, and the clock of this computer says ${now().toISOString()}.`,
    );
  }
  if (now() > certificate.notAfter) throw refuse(`it expired on ${certificate.notAfter.toISOString()}`);
  const wanted =
    role === 'root' ? plan.certificates.rootCommonName : plan.certificates.intermediateCommonName;
  if (wanted !== null && wanted !== certificate.subject.commonName) {
    throw refuse(`its common name is "${certificate.subject.commonName}", and the plan wants "${wanted}"`);
  }
  const algorithm = keyAlgorithmOf(certificate.publicKey);
  if (algorithm !== plan.certificates.keyAlgorithm) {
    throw refuse(
      `its key is ${algorithm ?? 'of another kind'}, and the plan wants ${plan.certificates.keyAlgorithm}`,
    );
  }
  // Opened now, so that a wrong passphrase or a swapped key is found before anything is uploaded.
  await openKey(context, stored);
  return stored;
}

async function makeCa(
  context: RunContext,
  role: CaRole,
  paths: CertificatePaths,
  commonName: string,
  issuer?: Issuer,
): Promise<StoredCertificate> {
  const { plan, now, found, signal } = context;
  context.progress(`making the ${role} CA`);
  const { publicKey, privateKey } = await generateKeyPair(plan.certificates.keyAlgorithm, signal);
  const { pem } = await issue({
    profile: loadProfile(role),
    subject: { commonName },
    publicKey,
    issuer: issuer ?? { privateKey },
    at: now(),
  });
  for (const path of [paths.key, paths.chain, paths.certificate]) journalFile(context, path);
  const issuersPem = issuer ? need(found, 'root').pem : '';
  found.keys.set(paths.key, privateKey);
  return saveCertificate(paths, { pem, issuersPem, privateKey, passphrase: keyPassphrase(context) });
}

/** What new keys are encrypted with; undefined for keys in the clear. */
export function keyPassphrase({ plan, passphrase }: RunContext): string | undefined {
  return plan.certificates.encryptKeys ? passphrase : undefined;
}
