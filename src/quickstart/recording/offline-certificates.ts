/**
 * Certificates in place of those that a provisioning service issued in a recorded run: they are for the keys of that run,
 * and a replay has others.
 */
import { generateKeyPair } from '../../pki/keys.js';
import { type Issuer, issue } from '../../pki/make/issue.js';
import { loadProfile } from '../../pki/make/profile.js';
import { parseCertificate } from '../../pki/x509/certificate.js';
import { parseCertificateRequest } from '../../pki/x509/csr.js';

/**
 * A chain for a certificate request, from a CA that is thrown away.
 *
 * @param csr base64 of DER
 * @param length how many certificates, from 1
 * @returns base64 of DER, the device's certificate first
 */
export async function issueOffline(csr: string, length: number): Promise<string[]> {
  const { subject, publicKey } = parseCertificateRequest(Buffer.from(csr, 'base64'));
  const at = new Date();
  const root = await generateKeyPair('ec-p256');
  const { pem: rootPem } = await issue({
    profile: loadProfile('root'),
    subject: { commonName: 'Offline Root CA' },
    publicKey: root.publicKey,
    issuer: { privateKey: root.privateKey },
    at,
  });
  let issuer: Issuer = { certificate: rootPem, chainPem: rootPem, privateKey: root.privateKey };
  const chain = [rootPem];
  if (length > 2) {
    const { publicKey: key, privateKey } = await generateKeyPair('ec-p256');
    const { pem } = await issue({
      profile: loadProfile('intermediate'),
      subject: { commonName: 'Offline CA' },
      publicKey: key,
      issuer,
      at,
    });
    issuer = { certificate: pem, chainPem: pem + rootPem, privateKey };
    chain.unshift(pem);
  }
  const { pem } = await issue({ profile: loadProfile('device'), subject, publicKey, issuer, at });
  chain.unshift(pem);
  while (chain.length < length) chain.push(rootPem);
  return chain.slice(0, length).map((one) => parseCertificate(one).der.toString('base64'));
}

/** Answers of a recording, with certificates for the requests of the replay. */
export class OfflineCertificates {
  /** Certificate requests by registration ID. */
  readonly #requests = new Map<string, string>();

  /** Remembers the certificate request of a registration, if the body has one. */
  read(body: string | undefined): void {
    const { registrationId, csr } = parsed(body);
    if (typeof registrationId === 'string' && typeof csr === 'string')
      this.#requests.set(registrationId.toLowerCase(), csr);
  }

  /** The body of an answer, with a chain for the device's request in place of the recorded one. */
  async answer(body: string): Promise<string> {
    if (!body.includes('"issuedCertificateChain"')) return body;
    const operation = parsed(body);
    const state = operation.registrationState as Record<string, unknown> | undefined;
    const csr = this.#requests.get(String(state?.registrationId).toLowerCase());
    const recorded = state?.issuedCertificateChain;
    if (csr === undefined || !Array.isArray(recorded) || recorded.length === 0) return body;
    const issuedCertificateChain = await issueOffline(csr, recorded.length);
    return JSON.stringify({ ...operation, registrationState: { ...state, issuedCertificateChain } });
  }
}

function parsed(body: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body ?? '');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
