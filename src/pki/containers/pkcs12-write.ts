/**
 * Writes PKCS#12 files (RFC 7292): a certificate, its chain and its private key in one file, for Windows and .NET.
 * Encrypted with PBES2 and AES-256, authenticated with HMAC-SHA256. OpenSSL 1.1.1 and later, Windows 10 and later, and
 * Java read it.
 */
import { createHash, createHmac, type KeyObject, randomBytes } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
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
import { encryptPbes2, encryptPrivateKeyInfo, isKeyPair } from '../keys.js';
import { parseCertificate } from '../x509/certificate.js';
import { runReader } from './deriving.js';
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
}

const oids = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const;

/** RFC 7292 appendix B relies on many iterations; for an empty passphrase they would protect nothing. */
const macIterationsFor = (passphrase: string) => (passphrase === '' ? 2048 : 100_000);

/**
 * Creates a PKCS#12 file.
 *
 * @returns the file's contents, DER
 * @throws EnrollkitError KEY_MISMATCH, INVALID_CERTIFICATE
 */
export async function createPfx(contents: PfxContents): Promise<Buffer> {
  const { privateKey, passphrase } = contents;
  const leaf = parseCertificate(contents.certificate);
  if (!isKeyPair(privateKey, leaf.publicKey)) {
    throw new EnrollkitError(
      'KEY_MISMATCH',
      `The private key is not that of the certificate ${leaf.subject.text}.`,
    );
  }
  const localKeyId = createHash('sha1').update(leaf.der).digest();
  const attributes = tlv(
    0x31, // SET OF, sorted by encoding as DER requires
    ...[
      sequence(objectIdentifier(oids.localKeyId), setOfOne(octetString(localKeyId))),
      sequence(objectIdentifier(oids.friendlyName), setOfOne(bmpString(contents.friendlyName))),
    ].sort(Buffer.compare),
  );
  const certificates = sequence(
    certificateBag(leaf.der, attributes),
    ...contents.chain.map((certificate) => certificateBag(parseCertificate(certificate).der)),
  );
  const [encryptedCertificates, shroudedKey] = await Promise.all([
    encryptPbes2(certificates, passphrase),
    encryptPrivateKeyInfo(privateKey.export({ format: 'der', type: 'pkcs8' }), passphrase),
  ]);
  const authenticatedSafe = sequence(
    sequence(
      objectIdentifier(oids.encryptedData),
      explicit(
        0,
        sequence(
          integer(0),
          sequence(
            objectIdentifier(oids.data),
            encryptedCertificates.algorithm,
            implicitPrimitive(0, encryptedCertificates.ciphertext),
          ),
        ),
      ),
    ),
    dataContent(
      sequence(sequence(objectIdentifier(oids.shroudedKeyBag), explicit(0, shroudedKey), attributes)),
    ),
  );
  return sequence(integer(3), dataContent(authenticatedSafe), await macData(authenticatedSafe, passphrase));
}

function dataContent(bytes: Uint8Array): Buffer {
  return sequence(objectIdentifier(oids.data), explicit(0, octetString(bytes)));
}

function certificateBag(der: Uint8Array, ...attributes: Uint8Array[]): Buffer {
  const bag = sequence(objectIdentifier(oids.x509Certificate), explicit(0, octetString(der)));
  return sequence(objectIdentifier(oids.certBag), explicit(0, bag), ...attributes);
}

async function macData(authenticatedSafe: Uint8Array, passphrase: string): Promise<Buffer> {
  const salt = randomBytes(16);
  const iterations = macIterationsFor(passphrase);
  const octets = passphraseOctets(passphrase);
  const derivation = { hash: 'sha256', passphrase: octets, salt, iterations } as const;
  const key = await runReader(derivePkcs12Key({ ...derivation, purpose: purposes.mac, length: 32 }));
  const mac = createHmac('sha256', key).update(authenticatedSafe).digest();
  return sequence(
    sequence(sequence(objectIdentifier(oids.sha256), nullValue()), octetString(mac)),
    octetString(salt),
    integer(iterations),
  );
}
