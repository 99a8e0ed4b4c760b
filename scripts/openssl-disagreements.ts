/** Random chains under our validator and under openssl, and why the two disagree about some. docs/validation.md has the reasons. */

import { type ChainVerdict, validateChain } from '../src/pki/path/validate.js';
import { parseCertificates, sha256Thumbprint } from '../src/pki/x509/certificate.js';
import { extensionTypes } from '../src/pki/x509/extensions.js';
import { type PemRequest, type RandomChain, randomChain, randomFrom } from '../test/support/random-chains.js';
import { type OpensslVerdict, opensslVerify } from './openssl-verify.js';

interface Both {
  request: PemRequest;
  ours: ChainVerdict;
  openssl: OpensslVerdict;
  /** openssl's verdict on the same request, changed, or with more options. */
  opensslWith(change: Partial<PemRequest>, ...options: string[]): boolean;
}

/** Each class is shown by an experiment: what it blames is changed, and the verdicts are the same. */
export const disagreementClasses: Readonly<Record<string, (both: Both) => boolean | Promise<boolean>>> = {
  /** Ours finds the path among namesakes; given that path alone, openssl takes it. */
  'no backtracking': ({ request, ours, opensslWith }) => {
    if (!ours.valid) return false;
    const onPath = certificatesOf(request).filter(({ fingerprint }) => ours.path.includes(fingerprint));
    return (
      onPath.length < request.intermediates.length &&
      opensslWith({ intermediates: onPath.map(({ pem }) => pem) })
    );
  },
  /** Ours lets self-issued intermediates free, as path lengths do; with as many more allowed, openssl takes the path. */
  'self-issued certificates in the depth': ({ request, ours, opensslWith }) => {
    if (!ours.valid || request.maxDepth === undefined) return false;
    const free = certificatesOf(request).filter(({ isSelfIssued }) => isSelfIssued).length;
    return free > 0 && opensslWith({ maxDepth: request.maxDepth + free });
  },
  /** openssl -x509_strict asks of issuers what ours asks in mode strict. */
  'a rule for issuers': async ({ request, ours }) => {
    if (!ours.valid) return false;
    const { failures } = await validateChain({ ...request, purpose: 'any', crls: [], mode: 'strict' });
    return failures.length > 0 && failures.every(({ code }) => code === 'PROFILE');
  },
  /** Ours refuses a wildcard that matches an excluded name; openssl compares it as if it were a name. */
  'a wildcard that matches an excluded name': ({ ours, openssl }) =>
    openssl.valid &&
    ours.failures.length > 0 &&
    ours.failures.every(({ code, message }) => code === 'NAME_CONSTRAINTS' && message.includes('DNS:*.')),
  /** Ours holds an anchor to its own constraint, as RFC 5937 suggests; openssl does when it is told to from outside. */
  'a policy constraint of the anchor': ({ request, ours, opensslWith }) =>
    ours.failures.length > 0 &&
    ours.failures.every(({ code }) => code === 'POLICY') &&
    request.trustAnchors.every((pem) =>
      parseCertificates(pem).every(({ extensions }) => extensions.has(extensionTypes.policyConstraints)),
    ) &&
    !opensslWith({}, '-explicit_policy'),
  /** Ours looks intermediates up in the lists that were given; openssl -crl_check looks at the leaf alone. */
  'the revocation of an intermediate': ({ request, ours, openssl }) => {
    const leaf = sha256Thumbprint(parseCertificates(request.leaf)[0]!);
    return (
      openssl.valid &&
      ours.failures.length > 0 &&
      ours.failures.every(({ code, certificate }) => /^REVO/.test(code) && certificate !== leaf)
    );
  },
};

function certificatesOf({ intermediates }: PemRequest) {
  return intermediates.map((pem) => {
    const [certificate] = parseCertificates(pem);
    const { subject, issuer } = certificate!;
    return { pem, fingerprint: sha256Thumbprint(certificate!), isSelfIssued: subject.equals(issuer) };
  });
}

export interface Disagreement {
  index: number;
  description: string;
  ours: string;
  openssl: string;
  /** One of {@link disagreementClasses}; undefined when none explains it. */
  className: string | undefined;
}

export interface Agreement {
  bothValid: number;
  bothRefused: number;
  disagreements: Disagreement[];
}

/** @param folder where the files for openssl are written */
export async function compareWithOpenssl(folder: string, count: number, seed: number): Promise<Agreement> {
  const random = randomFrom(seed);
  const agreement: Agreement = { bothValid: 0, bothRefused: 0, disagreements: [] };
  for (let index = 0; index < count; index += 1) {
    const chain = randomChain(random);
    const ours = await validateChain(chain.request);
    const openssl = opensslVerify(folder, chain.request, ['-policy_check']);
    if (ours.valid !== openssl.valid)
      agreement.disagreements.push(await disagreement(folder, index, chain, ours, openssl));
    else if (ours.valid) agreement.bothValid += 1;
    else agreement.bothRefused += 1;
  }
  return agreement;
}

async function disagreement(
  folder: string,
  index: number,
  { request, description }: RandomChain,
  ours: ChainVerdict,
  openssl: OpensslVerdict,
): Promise<Disagreement> {
  const opensslWith = (change: Partial<PemRequest>, ...options: string[]) =>
    opensslVerify(folder, { ...request, ...change }, ['-policy_check', ...options]).valid;
  let className: string | undefined;
  for (const [name, explains] of Object.entries(disagreementClasses)) {
    if (await explains({ request, ours, openssl, opensslWith })) {
      className = name;
      break;
    }
  }
  const why = ours.failures.map(({ code, message }) => `${code} ${message}`).join(' ');
  return { index, description, ours: why || 'valid', openssl: openssl.says || 'valid', className };
}
