/**
 * CAs of Azure Device Registry that issue certificates to devices: roots of a namespace, and intermediates that such a root
 * or an external CA signs.
 *
 * Source: azure-rest-api-specs, deviceregistry 2026-11-01, certificateAuthorities.tsp; Microsoft Learn, "Device certificate
 * issuance in Azure Device Registry": P-384.
 */
import { randomUUID, X509Certificate } from 'node:crypto';
import { generateKeyPair, isKeyPair, privateKeyFromPem } from '../../../pki/keys.js';
import { validatePath } from '../../../pki/path/validate.js';
import { type Certificate, certificateToPem, parseCertificates } from '../../../pki/x509/certificate.js';
import type { IssuingAuthority } from '../registration/issue-certificates.js';

export interface RegistryAuthority {
  name: string;
  uuid: string;
  location: string;
  tags: Record<string, string>;
  /** The name of the root that signs it, `external` for an intermediate CA of the customer's; undefined for a root. */
  issuer?: { root: string } | 'external';
  /** PEM: its certificate, then those above it. Empty until an external CA has signed it. */
  chain: string[];
  /** PEM. */
  privateKey: string;
  /** PEM: the request that an external CA signs. */
  request?: string;
}

/** Why a CA cannot do what is asked of it, as a sentence. */
export class AuthorityProblem extends Error {}

type Description = Pick<RegistryAuthority, 'name' | 'location' | 'tags'>;

/** @param root undefined to create a root */
export async function createRegistryAuthority(
  description: Description,
  at: Date,
  root?: RegistryAuthority,
): Promise<RegistryAuthority> {
  const { createAuthority } = await import('../registration/issue-certificates.js');
  const made = await createAuthority(description.name, at, root && signerOf(root));
  return {
    ...description,
    uuid: randomUUID(),
    ...(root ? { issuer: { root: root.name } } : {}),
    chain: [made.certificate, ...(root?.chain ?? [])],
    privateKey: made.privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  };
}

/** Creates a CA with a request that an external CA signs. */
export async function createExternalAuthority(description: Description): Promise<RegistryAuthority> {
  const { privateKey, publicKey } = await generateKeyPair('ec-p384');
  const { makeCertificateRequest } = await import('../../../pki/make/certificate-request.js');
  const subject = { commonName: description.name };
  const { pem } = await makeCertificateRequest({ subject, privateKey, publicKey });
  return {
    ...description,
    uuid: randomUUID(),
    issuer: 'external',
    chain: [],
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
    request: pem,
  };
}

/**
 * @param chain PEM: the certificate that was issued for the CA's request, then each one's issuer, with or without the root
 * @returns the CA with that certificate
 * @throws AuthorityProblem
 */
export function activated(authority: RegistryAuthority, chain: string, at: Date): RegistryAuthority {
  const certificates = readChain(chain);
  const [own, ...above] = certificates;
  if (!isKeyPair(privateKeyFromPem(authority.privateKey), own!.publicKey)) {
    throw new AuthorityProblem(
      'The first certificate of the chain was not issued for the certificate signing request of this certificate authority.',
    );
  }
  if (!own!.basicConstraints?.certificateAuthority) {
    throw new AuthorityProblem('The first certificate of the chain is not that of a CA.');
  }
  const usage = own!.keyUsage;
  if (usage !== undefined && !usage.includes('keyCertSign')) {
    throw new AuthorityProblem('The first certificate of the chain may not sign certificates (key usage).');
  }
  const isOrdered = certificates.every((one, index) => {
    const issuer = certificates[index + 1];
    return issuer === undefined || isIssuedBy(one, issuer);
  });
  if (!isOrdered) {
    throw new AuthorityProblem('Each certificate of the chain must be followed by that of its issuer.');
  }
  const verdict = validatePath({
    leaf: own!,
    intermediates: above,
    trustAnchors: [certificates.at(-1)!],
    at,
    purpose: 'any',
  });
  if (!verdict.valid) {
    throw new AuthorityProblem(`The chain is not valid: ${verdict.failures[0]!.code}.`);
  }
  return { ...authority, chain: certificates.map(certificateToPem) };
}

function readChain(chain: string): Certificate[] {
  try {
    return parseCertificates(chain);
  } catch (error) {
    throw new AuthorityProblem(`The certificate chain cannot be read: ${(error as Error).message}`);
  }
}

function isIssuedBy(one: Certificate, issuer: Certificate): boolean {
  return new X509Certificate(one.der).verify(issuer.publicKey);
}

/** The part of a certificate's life after which an external CA should sign the request again; a guess. */
const renewalPart = 2 / 3;

/** The status of a CA that an external one signs. */
export function activationStatus({ chain }: RegistryAuthority, at: Date): string {
  if (chain.length === 0) return 'PendingActivation';
  const { from, to } = lifeOf(chain[0]!);
  return at.getTime() < from + (to - from) * renewalPart ? 'Active' : 'ActiveButPendingRenewal';
}

/**
 * What signs certificates of devices, in the name of a CA.
 *
 * @throws AuthorityProblem when the CA waits for its certificate, or that has expired
 */
export function issuerOf(
  authority: RegistryAuthority,
  at: Date,
): { signer: IssuingAuthority; above: string[] } {
  const [own, ...above] = authority.chain;
  if (own === undefined) {
    throw new AuthorityProblem(`The certificate authority '${authority.name}' is waiting for activation.`);
  }
  if (at.getTime() >= lifeOf(own).to) {
    throw new AuthorityProblem(
      `The certificate of the certificate authority '${authority.name}' has expired.`,
    );
  }
  return { signer: signerOf(authority), above };
}

function signerOf({ chain, privateKey }: RegistryAuthority): IssuingAuthority {
  return { certificate: chain[0]!, privateKey: privateKeyFromPem(privateKey) };
}

function lifeOf(certificate: string): { from: number; to: number } {
  const { validFrom, validTo } = new X509Certificate(certificate);
  return { from: Date.parse(validFrom), to: Date.parse(validTo) };
}
