/**
 * Writes PKCS#12 files (RFC 7292): a certificate, its chain and its private key in one file, for Windows and .NET.
 * Encrypted with PBES2 and AES-256, authenticated with HMAC-SHA256. OpenSSL 1.1.1 and later, Windows 10 and later, and
 * Java read it.
 */

import { createHmac, hash, type KeyObject, randomBytes } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import {
  bmpString,
  explicit,
  implicitPrimitive,
  integer,
  nullValue,
  objectIdentifier,
  octetString,
  sequence,
  setOfOne,
  tlv,
} from '../der/write.js';
import { isKeyPair } from '../keys.js';
import { parseCertificate } from '../x509/certificate.js';
import { runReader } from './deriving.js';
import { type DerivedKey, deriveKey, encryptPbes2, encryptPrivateKeyInfo } from './encryption.js';
import { iterations } from './iterations.js';
import { derivePkcs12Key, passphraseOctets, purposes } from './pkcs12/key-derivation.js';

export interface PfxContents {
  /** PEM or DER. */
  certificate: string | Uint8Array;
  privateKey: KeyObject;
  /** The issuers, PEM or DER, nearest first. */
  chain: (string | Uint8Array)[];
  /** The name that key stores show. */
  friendlyName: string;
  /** If empty, only the file's mode protects it. */
  passphrase: string;
  /**
   * How the file is authenticated: by PKCS#12's own derivation, which every program reads (the default), or by PBMAC1
   * (RFC 9579), which FIPS 140-3 asks for and OpenSSL reads from 3.4 on, Java from 26.
   */
  mac?: 'pkcs12' | 'pbmac1';
}

const oids = {
  data: objectIdentifier('1.2.840.113549.1.7.1'),
  encryptedData: objectIdentifier('1.2.840.113549.1.7.6'),
  shroudedKeyBag: objectIdentifier('1.2.840.113549.1.12.10.1.2'),
  certBag: objectIdentifier('1.2.840.113549.1.12.10.1.3'),
  x509Certificate: objectIdentifier('1.2.840.113549.1.9.22.1'),
  friendlyName: objectIdentifier('1.2.840.113549.1.9.20'),
  localKeyId: objectIdentifier('1.2.840.113549.1.9.21'),
  sha256: objectIdentifier('2.16.840.1.101.3.4.2.1'),
  pbmac1: objectIdentifier('1.2.840.113549.1.5.14'),
  pbkdf2: objectIdentifier('1.2.840.113549.1.5.12'),
  hmacWithSha256: objectIdentifier('1.2.840.113549.2.9'),
};

/** What a passphrase protects a PKCS#12 file with; derived once for many files. */
export interface PfxKeys {
  encryption: DerivedKey;
  mac: DerivedKey;
}

/** Takes half a second, or nearly nothing for an empty passphrase. */
export async function derivePfxKeys(
  passphrase: string,
  mac: PfxContents['mac'] = 'pkcs12',
): Promise<PfxKeys> {
  const [encryption, forMac] = await Promise.all([
    deriveKey(passphrase),
    mac === 'pbmac1' ? deriveKey(passphrase) : deriveMacKey(passphrase),
  ]);
  return { encryption, mac: forMac };
}

/**
 * Creates a PKCS#12 file.
 *
 * @returns the file's contents, DER
 * @throws EnrollkitError KEY_MISMATCH, INVALID_CERTIFICATE
 */
export async function createPfx(contents: PfxContents): Promise<Buffer> {
  return createPfxWith(await derivePfxKeys(contents.passphrase, contents.mac), contents);
}

/**
 * Like {@link createPfx}, for a passphrase from which keys were derived before.
 *
 * @param keys from {@link derivePfxKeys} with the same `mac`
 */
export function createPfxWith(
  keys: PfxKeys,
  { certificate, privateKey, chain, friendlyName, mac }: Omit<PfxContents, 'passphrase'>,
): Buffer {
  const leaf = parseCertificate(certificate);
  if (!isKeyPair(privateKey, leaf.publicKey)) {
    throw new EnrollkitError('KEY_MISMATCH', sentences.pkiContainers.keyNotOfCertificate(leaf.subject.text));
  }
  const write = pfxWriter(
    keys,
    chain.map((issuer) => parseCertificate(issuer).der),
    mac,
  );
  const privateKeyInfo = privateKey.export({ format: 'der', type: 'pkcs8' });
  return write({ certificate: leaf.der, privateKeyInfo, friendlyName });
}

/** The contents of one of many PKCS#12 files with the same issuers; DER. */
export interface PfxEntry {
  certificate: Uint8Array;
  /** PrivateKeyInfo (RFC 5958). */
  privateKeyInfo: Uint8Array;
  friendlyName: string;
}

/**
 * Returns a function that writes PKCS#12 files of certificates with the same issuers and passphrase. It checks nothing:
 * for certificates and keys that were just made.
 *
 * @param keys from {@link derivePfxKeys} with the same `mac`
 * @param chain the issuers, DER, nearest first
 */
export function pfxWriter(
  keys: PfxKeys,
  chain: readonly Uint8Array[],
  mac: PfxContents['mac'] = 'pkcs12',
): (entry: PfxEntry) => Buffer {
  const issuers = chain.map((certificate) => certificateBag(certificate));
  return ({ certificate, privateKeyInfo, friendlyName }) => {
    const localKeyId = hash('sha1', certificate, 'buffer');
    const attributes = tlv(
      0x31, // SET OF, sorted by encoding as DER requires
      ...[
        sequence(oids.localKeyId, setOfOne(octetString(localKeyId))),
        sequence(oids.friendlyName, setOfOne(bmpString(friendlyName))),
      ].sort(Buffer.compare),
    );
    const certificates = sequence(certificateBag(certificate, attributes), ...issuers);
    const encryptedCertificates = encryptPbes2(certificates, keys.encryption);
    const shroudedKey = encryptPrivateKeyInfo(privateKeyInfo, keys.encryption);
    const authenticatedSafe = sequence(
      sequence(
        oids.encryptedData,
        explicit(
          0,
          sequence(
            integer(0),
            sequence(
              oids.data,
              encryptedCertificates.algorithm,
              implicitPrimitive(0, encryptedCertificates.ciphertext),
            ),
          ),
        ),
      ),
      dataContent(sequence(sequence(oids.shroudedKeyBag, explicit(0, shroudedKey), attributes))),
    );
    return sequence(
      integer(3),
      dataContent(authenticatedSafe),
      (mac === 'pbmac1' ? pbmac1Data : macData)(authenticatedSafe, keys.mac),
    );
  };
}

function dataContent(bytes: Uint8Array): Buffer {
  return sequence(oids.data, explicit(0, octetString(bytes)));
}

function certificateBag(der: Uint8Array, ...attributes: Uint8Array[]): Buffer {
  const bag = sequence(oids.x509Certificate, explicit(0, octetString(der)));
  return sequence(oids.certBag, explicit(0, bag), ...attributes);
}

/** MacData of PBMAC1; its salt and iterations are not used (RFC 9579 section 4). */
function pbmac1Data(authenticatedSafe: Uint8Array, { salt, iterations: count, key }: DerivedKey): Buffer {
  const mac = createHmac('sha256', key).update(authenticatedSafe).digest();
  const hmac = sequence(oids.hmacWithSha256, nullValue());
  const derivation = sequence(octetString(salt), integer(count), integer(key.length), hmac);
  const parameters = sequence(sequence(oids.pbkdf2, derivation), hmac);
  return sequence(
    sequence(sequence(oids.pbmac1, parameters), octetString(mac)),
    octetString(Buffer.from('unused')),
    integer(1),
  );
}

/** RFC 7292 section 4. */
function macData(authenticatedSafe: Uint8Array, { salt, iterations: count, key }: DerivedKey): Buffer {
  const mac = createHmac('sha256', key).update(authenticatedSafe).digest();
  return sequence(
    sequence(sequence(oids.sha256, nullValue()), octetString(mac)),
    octetString(salt),
    integer(count),
  );
}

/** RFC 7292 appendix B. */
async function deriveMacKey(passphrase: string): Promise<DerivedKey> {
  const salt = randomBytes(16);
  const count = passphrase === '' ? iterations.withoutPassphrase : iterations.pkcs12Mac;
  const derivation = { hash: 'sha256', passphrase: passphraseOctets(passphrase), salt } as const;
  const key = await runReader(
    derivePkcs12Key({ ...derivation, iterations: count, purpose: purposes.mac, length: 32 }),
  );
  return { salt, iterations: count, key };
}
