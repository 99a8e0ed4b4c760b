/** Imports unencrypted private keys into node. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { pemEncode } from './containers/pem.js';

/**
 * The only way to import a private key. Node is never given a passphrase: it would derive keys for as long as a file
 * asks, and nothing could stop it.
 *
 * @param label the PEM label of the octets: `PRIVATE KEY` is PKCS#8, `EC PRIVATE KEY` SEC 1, `RSA PRIVATE KEY` PKCS#1
 * @throws Error from node:crypto, which must not be shown: it may quote the key
 */
export function privateKeyOf(der: Uint8Array, label = 'PRIVATE KEY'): KeyObject {
  return createPrivateKey(pemEncode(label, der));
}
