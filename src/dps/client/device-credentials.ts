/** A device's credentials, checked before anything is sent. */

import type { KeyObject } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import { EnrollkitError, isAbort } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { pemEncode } from '../../pki/containers/pem.js';
import { isEncryptedKey, isKeyPair, type OpenPrivateKeyOptions, openPrivateKey } from '../../pki/keys.js';
import { generatedKeyOf } from '../../pki/private-key.js';
import { parseCertificates } from '../../pki/x509/certificate.js';

/** A key that this process has generated: TLS reads its octets, without an import. */
export interface GeneratedKey {
  /** PKCS#8 DER, unencrypted. */
  readonly privateKeyInfo: Buffer;
}

export interface DeviceCredentials {
  /** PEM: the device's certificate, then each issuer up to the root. */
  certificateChain: string;
  /** PEM, encrypted or not; or a key that was opened or generated before, which spares opening it for each connection. */
  privateKey: string | KeyObject | GeneratedKey;
  passphrase?: string | undefined;
}

/** For TLS; `privateKey` is unencrypted. */
export interface ClientCertificate {
  chain: string;
  privateKey: string;
}

const contexts = new WeakMap<ClientCertificate, { trust: string | undefined; context: SecureContext }>();

/**
 * The secure context of a device, created once for all its connections: creating it takes longer than a handshake, and it
 * has 30 KB outside the JavaScript heap until garbage is collected.
 *
 * @param trust PEM of the roots to trust instead of the system's
 * @throws Error from node:tls when it accepts neither chain nor key
 */
export function secureContextOf(certificate: ClientCertificate, trust: string | undefined): SecureContext {
  const before = contexts.get(certificate);
  if (before && before.trust === trust) return before.context;
  const { chain: cert, privateKey: key } = certificate;
  const context = createSecureContext({ cert, key, ...(trust === undefined ? {} : { ca: trust }) });
  contexts.set(certificate, { trust, context });
  return context;
}

/** One key, as enrollkit writes it. */
const plainKey = /^-----BEGIN PRIVATE KEY-----\n[A-Za-z0-9+/=\n]+-----END PRIVATE KEY-----\n$/;

/**
 * Connects with credentials that are not checked if TLS takes them: reading a key takes longer than using it. They are
 * checked when something fails, and an error of theirs explains that failure.
 *
 * @param act what is done with them
 * @throws EnrollkitError as {@link openCredentials}; what `act` throws
 */
export async function withCredentials<Result>(
  credentials: DeviceCredentials & Pick<OpenPrivateKeyOptions, 'signal'>,
  trust: string | undefined,
  act: (certificate: ClientCertificate) => Promise<Result>,
): Promise<Result> {
  const certificate = uncheckedOf(credentials);
  if (certificate === undefined) return act(await openCredentials(credentials));
  try {
    secureContextOf(certificate, trust);
  } catch {
    return act(await openCredentials(credentials));
  }
  try {
    return await act(certificate);
  } catch (error) {
    if (!isAbort(error)) await openCredentials(credentials);
    throw error;
  }
}

/** Undefined for a key that TLS alone may not be able to read. */
function uncheckedOf({
  certificateChain: chain,
  privateKey,
}: DeviceCredentials): ClientCertificate | undefined {
  if (typeof privateKey !== 'string') return withOpenedKey(chain, privateKey);
  return plainKey.test(privateKey) ? { chain, privateKey } : undefined;
}

/** Those of opened and generated keys, so that all connections of a device share a secure context; the newest first. */
const opened = new WeakMap<KeyObject | GeneratedKey, readonly ClientCertificate[]>();
/** A device's own chain, and the one that Azure issued. */
const chainsOfKey = 2;

function withOpenedKey(chain: string, key: KeyObject | GeneratedKey): ClientCertificate {
  const known = opened.get(key) ?? [];
  const before = known.find((one) => one.chain === chain);
  if (before) return before;
  const privateKey =
    'privateKeyInfo' in key
      ? pemEncode('PRIVATE KEY', key.privateKeyInfo)
      : key.export({ format: 'pem', type: 'pkcs8' }).toString();
  const certificate = { chain, privateKey };
  opened.set(key, [certificate, ...known].slice(0, chainsOfKey));
  return certificate;
}

const checked = new WeakSet<ClientCertificate>();

/**
 * Checks credentials and decrypts the key once: TLS would do the key derivation again for each connection.
 *
 * @throws EnrollkitError INVALID_CERTIFICATE, INVALID_KEY, PASSPHRASE_REQUIRED, WRONG_PASSPHRASE, KEY_MISMATCH; the
 *   signal's reason
 */
export async function openCredentials({
  certificateChain,
  privateKey,
  passphrase,
  signal,
}: DeviceCredentials & Pick<OpenPrivateKeyOptions, 'signal'>): Promise<ClientCertificate> {
  const known = typeof privateKey === 'string' ? undefined : withOpenedKey(certificateChain, privateKey);
  if (known && checked.has(known)) return known;
  const key =
    typeof privateKey === 'string'
      ? await openPrivateKey(privateKey, { passphrase, signal })
      : 'privateKeyInfo' in privateKey
        ? generatedKeyOf(privateKey.privateKeyInfo)
        : privateKey;
  const [leaf] = parseCertificates(certificateChain);
  if (!isKeyPair(key, leaf!.publicKey)) {
    throw new EnrollkitError('KEY_MISMATCH', sentences.dpsClient.keyMismatch);
  }
  const isClear = typeof privateKey === 'string' && !isEncryptedKey(privateKey);
  const credentials = isClear
    ? { chain: certificateChain, privateKey }
    : (known ?? withOpenedKey(certificateChain, key));
  checked.add(credentials);
  return credentials;
}
