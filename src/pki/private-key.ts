/** Private keys in the clear, as node takes them. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { pemEncode } from './containers/pem.js';

/**
 * The one way from octets to a private key. Node is never given a passphrase: it would derive keys for as long as a
 * file asks it to, and nothing could stop it.
 *
 * @param label what the octets are, as PEM calls it: `PRIVATE KEY` is PKCS#8, `EC PRIVATE KEY` SEC 1, `RSA PRIVATE KEY`
 *   PKCS#1
 * @throws Error of node:crypto, which must not be shown: it may quote the key
 */
export function privateKeyOf(der: Uint8Array, label = 'PRIVATE KEY'): KeyObject {
  return createPrivateKey(pemEncode(label, der));
}
