/** The emulator's TLS: a root that is made once and exported for clients to trust, and a server certificate below it. */
import { constants, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { generateKeyPair, type KeyAlgorithm, keyAlgorithmOf, privateKeyFromPem } from '../../../pki/keys.js';
import {
  publicFileMode,
  readTextIfExists,
  secretFileMode,
  writeFileAtomically,
} from '../../../workspace/files.js';
import type { HandshakeFault } from '../faults.js';
import { loopbackAddress, maxLoopbackNumber } from '../network/loopback.js';
import type { FaultyTls } from './connection-gate.js';
import type { IssuedPair } from './issue-server-identity.js';
import type { TlsMax } from './tls-max.js';

/** Services and hubs have these, from the second on; the first hub has the first. */
const loopbackAddresses = Array.from({ length: maxLoopbackNumber }, (_, index) => loopbackAddress(index + 1));

/** The names and addresses that clients dial, with a hosts file and without. */
const serverNames = {
  dns: [
    'localhost',
    '*.localhost',
    'global.azure-devices-provisioning.net',
    '*.azure-devices-provisioning.net',
    '*.azure-devices.net',
    'management.azure.com',
  ],
  ip: [...loopbackAddresses, '::1'],
};

/** A start renews a certificate that has less than this left. */
const renewBeforeMs = 30 * 86_400_000;

export interface ServerIdentity {
  /** The root, PEM: what clients must trust. */
  rootPem: string;
  /** For every listener: requests a client certificate, and leaves it to the application to judge it. */
  tlsOptions: TlsOptions;
  /** The same with a fault. */
  faultyTls: FaultyTls;
  /** The latest version of TLS. */
  tlsMax: TlsMax;
}

interface StoredPair {
  certificate: X509Certificate;
  certificatePem: string;
  keyPem: string;
}

export interface ServerIdentityOptions {
  /** The folder of the files; undefined to keep everything in memory. */
  folder: string | undefined;
  /** A host name or address that the certificate must have besides localhost. */
  host: string;
  /** The key algorithm of the server's certificate; undefined to keep the current one, or EC P-256. */
  serverKey: KeyAlgorithm | undefined;
  /** The latest version of TLS; undefined for 1.3. */
  tlsMax?: TlsMax | undefined;
  /** Ends the making of that key. */
  signal: AbortSignal | undefined;
  now: Date;
}

/** The file of the root's certificate, in the emulator's folder. */
export const rootFileName = 'tls-root.pem';

/**
 * Reads the root and the server certificate; makes those that are missing, nearly expired, or lack the host's name.
 *
 * @throws EnrollkitError FILE_UNREADABLE, FILE_UNWRITABLE; the signal's reason
 */
export async function openServerIdentity(options: ServerIdentityOptions): Promise<ServerIdentity> {
  const { folder, host, serverKey = 'ec-p256', signal, now } = options;
  const storedRoot = folder === undefined ? undefined : readPair(folder, 'tls-root');
  let root = storedRoot && isFresh(storedRoot, now) ? storedRoot : undefined;
  let server = folder === undefined || !root ? undefined : readPair(folder, 'tls-server');
  if (!root || !server || !isUsable(server, root, options)) {
    // Loaded only here, since it takes 0.35 s: later starts find everything made.
    const { issueRoot, issueServer } = await import('./issue-server-identity.js');
    root ??= store(folder, 'tls-root', await issueRoot(now));
    server = store(
      folder,
      'tls-server',
      await issueServer(root, namesWith(host), await generateKeyPair(serverKey, signal), now),
    );
  }
  const { certificatePem, keyPem } = root;
  const { tlsMax = '1.3' } = options;
  const tlsOptions = {
    key: server.keyPem,
    cert: `${server.certificatePem}${certificatePem}`,
    minVersion: 'TLSv1.2' as const,
    maxVersion: `TLSv${tlsMax}` as const,
    requestCert: true,
    // Unknown and self-signed certificates must reach the application, which answers with 401002.
    rejectUnauthorized: false,
    // A resumed session lacks the client's intermediates.
    secureOptions: constants.SSL_OP_NO_TICKET,
    // A client that never finishes its handshake is disconnected.
    handshakeTimeout: 20_000,
  };
  return {
    rootPem: certificatePem,
    tlsMax,
    tlsOptions,
    faultyTls: faultyTlsOf(tlsOptions, { certificatePem, keyPem }, namesWith(host)),
  };
}

/** Makes certificates with faults when they are first asked for. */
function faultyTlsOf(tls: TlsOptions, root: IssuedPair, names: typeof serverNames): FaultyTls {
  const made = new Map<string, Promise<TlsOptions>>();

  async function make(fault: HandshakeFault): Promise<TlsOptions> {
    if (fault.type === 'tls-version') {
      // OpenSSL 3 has no cipher suites for TLS 1.1 on its usual level of security.
      const ciphers = fault.only === 'TLSv1.1' ? { ciphers: 'DEFAULT@SECLEVEL=0' } : {};
      return { ...tls, ...ciphers, minVersion: fault.only, maxVersion: fault.only };
    }
    const { issueRoot, issueServer } = await import('./issue-server-identity.js');
    const at = new Date();
    const isExpired = fault.problem === 'expired';
    const issuer = fault.problem === 'untrusted' ? await issueRoot(at) : root;
    const subject = fault.problem === 'wrong-name' ? { dns: ['wrong-name.invalid'], ip: [] } : names;
    const minute = 1 / (24 * 60);
    const key = await generateKeyPair('ec-p256');
    const server = await issueServer(issuer, subject, key, at, isExpired ? -minute : undefined);
    return { ...tls, key: server.keyPem, cert: `${server.certificatePem}${issuer.certificatePem}` };
  }

  return (fault) => {
    const name = JSON.stringify(fault);
    const options = made.get(name) ?? make(fault);
    made.set(name, options);
    return options;
  };
}

function namesWith(host: string): typeof serverNames {
  const withHost = (names: string[]) => [...new Set([...names, host])];
  const { dns, ip } = serverNames;
  return isIP(host) ? { dns, ip: withHost(ip) } : { dns: withHost(dns), ip };
}

function readPair(folder: string, name: string): StoredPair | undefined {
  const certificatePem = readTextIfExists(join(folder, `${name}.pem`));
  const keyPem = readTextIfExists(join(folder, `${name}.key.pem`));
  if (certificatePem === undefined || keyPem === undefined) return undefined;
  try {
    const certificate = new X509Certificate(certificatePem);
    if (!certificate.checkPrivateKey(privateKeyFromPem(keyPem))) return undefined;
    return { certificate, certificatePem, keyPem };
  } catch {
    // Damaged: it is made again.
    return undefined;
  }
}

function store(
  folder: string | undefined,
  name: string,
  made: { certificatePem: string; keyPem: string },
): StoredPair {
  if (folder !== undefined) {
    writeFileAtomically(join(folder, `${name}.key.pem`), made.keyPem, secretFileMode);
    writeFileAtomically(join(folder, `${name}.pem`), made.certificatePem, publicFileMode);
  }
  return { ...made, certificate: new X509Certificate(made.certificatePem) };
}

/** Whether the server certificate of an earlier start can be kept. */
function isUsable(
  server: StoredPair,
  root: StoredPair,
  { host, serverKey, now }: ServerIdentityOptions,
): boolean {
  const hasKey = serverKey === undefined || keyAlgorithmOf(server.certificate.publicKey) === serverKey;
  return hasKey && isFresh(server, now) && covers(server, host) && isIssuedBy(server, root);
}

function isFresh({ certificate }: StoredPair, now: Date): boolean {
  return (
    new Date(certificate.validFrom).getTime() <= now.getTime() &&
    new Date(certificate.validTo).getTime() - renewBeforeMs > now.getTime()
  );
}

function covers({ certificate }: StoredPair, host: string): boolean {
  const found = isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host);
  // Certificates that an earlier enrollkit made have fewer addresses.
  return found !== undefined && certificate.checkIP(loopbackAddress(maxLoopbackNumber)) !== undefined;
}

function isIssuedBy({ certificate }: StoredPair, root: StoredPair): boolean {
  return certificate.checkIssued(root.certificate) && certificate.verify(root.certificate.publicKey);
}
