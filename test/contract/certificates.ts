/** The certificates that a session makes, and the variables that tell of them. */
import { createHash, X509Certificate } from 'node:crypto';
import { issueVerificationCertificate } from '../../src/pki/make/verification-certificate.js';
import { type Made, make } from '../support/chains.js';
import { raw } from '../support/raw-certificates.js';
import type { CertificateRequest } from './exchange.js';
import type { Variables } from './variables.js';

const day = 24 * 3600_000;

export class SessionCertificates {
  readonly #made = new Map<string, Made>();

  /** @param variables gets those of each certificate, such as `root.pem` */
  constructor(private readonly variables: Variables) {}

  /** @throws Error when no step made a certificate of this name */
  get(name: string): Made {
    const made = this.#made.get(name);
    if (!made) throw new Error(`no step made the certificate "${name}"`);
    return made;
  }

  async make(name: string, request: CertificateRequest): Promise<void> {
    const issuer = request.issuer === undefined ? undefined : this.get(request.issuer);
    const made = await madeFor(request, issuer);
    this.#made.set(name, made);
    const described = { ...describe(made), commonName: request.name };
    for (const [suffix, value] of Object.entries(described)) this.variables.set(`${name}.${suffix}`, value);
  }
}

/** Digests in upper-case hexadecimal; dates as the service plane writes them, `expiry` as Azure Resource Manager does. */
function describe({ pem }: Made): Record<string, string> {
  const certificate = new X509Certificate(pem);
  const digest = (algorithm: string) =>
    createHash(algorithm).update(certificate.raw).digest('hex').toUpperCase();
  const time = (text: string) => `${new Date(text).toISOString().slice(0, 19)}Z`;
  return {
    pem,
    base64: Buffer.from(pem).toString('base64'),
    der: certificate.raw.toString('base64'),
    sha1: digest('sha1'),
    sha256: digest('sha256'),
    serial: certificate.serialNumber.toUpperCase(),
    subject: certificate.subject,
    issuer: certificate.issuer,
    notBefore: time(certificate.validFrom),
    notAfter: time(certificate.validTo),
    expiry: new Date(certificate.validTo).toUTCString(),
  };
}

async function madeFor(request: CertificateRequest, issuer: Made | undefined): Promise<Made> {
  const { role, name } = request;
  switch (role) {
    case 'verification':
      return verificationCertificate(name, issuer!);
    case 'bare':
      return bareCertificate(name);
    default:
      return make(role, name, issuer, validityOf(request));
  }
}

function bareCertificate(name: string): Made {
  const now = Date.now();
  const { pem, keys } = raw({ name, notBefore: new Date(now - day), notAfter: new Date(now + 30 * day) });
  return { pem, privateKey: keys.privateKey };
}

function validityOf({ expiredForDays }: CertificateRequest): Parameters<typeof make>[3] {
  if (expiredForDays === undefined) return {};
  return { at: new Date(Date.now() - (expiredForDays + 30) * day), validityDays: 30 };
}

async function verificationCertificate(code: string, issuer: Made): Promise<Made> {
  const { pem } = await issueVerificationCertificate(
    code,
    { certificate: issuer.pem, privateKey: issuer.privateKey },
    new Date(),
  );
  // Nobody signs in with it: its key is not needed.
  return { pem, privateKey: issuer.privateKey };
}
