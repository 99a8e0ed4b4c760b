/** The emulator's own TLS: a root made once and exported for clients to trust, and a server certificate below it. */
import { constants, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { DetailedPeerCertificate, TLSSocket, TlsOptions } from 'node:tls';
import { generateKeyPair, type KeyAlgorithm, keyAlgorithmOf, privateKeyFromPem } from '../../../pki/keys.js';
import {
  publicFileMode,
  readTextIfExists,
  secretFileMode,
  writeFileAtomically,
} from '../../../workspace/files.js';
import { loopbackAddress, maxLoopbackNumber } from '../network/loopback.js';

/** What clients dial without a hosts file, and what they dial with one. */
const serverNames = {
  dns: [
    'localhost',
    '*.localhost',
    'global.azure-devices-provisioning.net',
    '*.azure-devices-provisioning.net',
    '*.azure-devices.net',
    'management.azure.com',
  ],
  // Those of further services and hubs among them.
  ip: [...Array.from({ length: maxLoopbackNumber }, (_, index) => loopbackAddress(index + 1)), '::1'],
};

/** A certificate is renewed at a start that finds less than this left of it. */
const renewBeforeMs = 30 * 86_400_000;

export interface ServerIdentity {
  /** The root, PEM: what clients must trust. */
  rootPem: string;
  /** For every listener: asks for a client certificate, and leaves it to the application to judge it. */
  tlsOptions: TlsOptions;
}

interface StoredPair {
  certificate: X509Certificate;
  certificatePem: string;
  keyPem: string;
}

export interface ServerIdentityOptions {
  /** The folder of the files; undefined keeps everything in memory. */
  folder: string | undefined;
  /** A host name or address that the server answers to besides localhost. */
  host: string;
  /** The key of the server's certificate; undefined for the one that is there, or EC P-256. */
  serverKey: KeyAlgorithm | undefined;
  /** Ends the making of that key. */
  signal: AbortSignal | undefined;
  now: Date;
}

/** Where the root's certificate lies in the emulator's folder. */
export const rootFileName = 'tls-root.pem';

/**
 * Reads the root and the server certificate, or makes what is missing, nearly expired, or lacks the host's name.
 *
 * @throws EnrollkitError FILE_UNREADABLE, FILE_UNWRITABLE; the signal's reason
 */
export async function openServerIdentity(options: ServerIdentityOptions): Promise<ServerIdentity> {
  const { folder, host, serverKey = 'ec-p256', signal, now } = options;
  const storedRoot = folder === undefined ? undefined : readPair(folder, 'tls-root');
  let root = storedRoot && isFresh(storedRoot, now) ? storedRoot : undefined;
  let server = folder === undefined || !root ? undefined : readPair(folder, 'tls-server');
  if (!root || !server || !fits(server, root, options)) {
    // Loaded only here, since it costs 0.35 s: later starts find everything made.
    const makers = await import('./issue-server-identity.js');
    root ??= keep(folder, 'tls-root', await makers.makeRoot(now));
    server = keep(
      folder,
      'tls-server',
      await makers.makeServer(root, namesWith(host), await generateKeyPair(serverKey, signal), now),
    );
  }
  return {
    rootPem: root.certificatePem,
    tlsOptions: {
      key: server.keyPem,
      cert: `${server.certificatePem}${root.certificatePem}`,
      minVersion: 'TLSv1.2',
      requestCert: true,
      // Unknown and self-signed certificates must reach the application, which answers 401002.
      rejectUnauthorized: false,
      // A resumed session comes without the client's intermediates.
      secureOptions: constants.SSL_OP_NO_TICKET,
      // A client that never finishes its handshake is let go.
      handshakeTimeout: 20_000,
    },
  };
}

/** More than any chain has, and than fits into a TLS Certificate message with certificates of a usual size. */
const maxPresented = 64;

/** Node makes an object of each certificate at every call. */
const presented = new WeakMap<TLSSocket, Buffer[]>();

/**
 * What the client presented in the handshake: DER, the client's own first, then each one's issuer, in whatever order they
 * were sent; empty when nothing.
 */
export function presentedChain(socket: TLSSocket): Buffer[] {
  let chain = presented.get(socket);
  if (chain === undefined) {
    chain = [];
    // getPeerX509Certificate would have them in the order of sending, but loses about 6 KB for each in Node.js before 26.
    let certificate: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
    while (certificate?.raw && chain.length < maxPresented) {
      chain.push(certificate.raw);
      // A root names itself as its issuer.
      const issuer: DetailedPeerCertificate | undefined = certificate.issuerCertificate;
      certificate = issuer === certificate ? undefined : issuer;
    }
    presented.set(socket, chain);
  }
  return chain;
}

function namesWith(host: string): typeof serverNames {
  if (isIP(host)) return { ...serverNames, ip: [...new Set([...serverNames.ip, host])] };
  return { ...serverNames, dns: [...new Set([...serverNames.dns, host])] };
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
    // Damaged: made anew.
    return undefined;
  }
}

function keep(
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

/** Whether a server certificate of an earlier start serves this one. */
function fits(
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
  // Those that an earlier enrollkit made have fewer addresses.
  return found !== undefined && certificate.checkIP(loopbackAddress(maxLoopbackNumber)) !== undefined;
}

function isIssuedBy({ certificate }: StoredPair, root: StoredPair): boolean {
  return certificate.checkIssued(root.certificate) && certificate.verify(root.certificate.publicKey);
}
