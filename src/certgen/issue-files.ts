/** Issues one certificate with its files: key, request, PFX, full chain, and the CA's copy. */
import { randomBytes } from 'node:crypto';
import { createPfx } from '../pki/containers/pkcs12-write.js';
import { generateKeyPair, type KeyAlgorithm, type KeyPair, privateKeyToPem } from '../pki/keys.js';
import { makeCertificateRequest } from '../pki/make/certificate-request.js';
import { type Issuer, issue } from '../pki/make/issue.js';
import { loadProfile, type ProfileName } from '../pki/make/profile.js';
import { assertReadsBack } from '../pki/read-back.js';
import { type Certificate, parseCertificate } from '../pki/x509/certificate.js';
import type { Transaction } from '../workspace/transaction.js';
import { type Database, type FileSet, modes } from './authority.js';
import { subjectLine, timeText } from './database.js';

export interface FilesRequest {
  profile: ProfileName;
  commonName: string;
  keyAlgorithm: KeyAlgorithm;
  issuer: Issuer & { certificate: string };
  /** The issuers, from the nearest to the root; PEM. */
  issuers: readonly string[];
  database: Database;
  at: Date;
  validityDays: number;
  passphrase: string;
  files: FileSet;
  /** The name that key stores show. */
  friendlyName: string;
  encryptKey: boolean;
  pfx: boolean;
  /** The file for the certificate together with its issuers. */
  fullChain: string | undefined;
  /** Cancels the key generation. */
  signal: AbortSignal | undefined;
}

export interface Issued {
  certificate: Certificate;
  pem: string;
  keys: KeyPair;
}

/** Issues a self-signed certificate, with a random serial number of 20 octets like openssl's. */
export async function issueRoot(
  commonName: string,
  {
    profile,
    keyAlgorithm,
    at,
    validityDays,
    signal,
  }: Pick<FilesRequest, 'profile' | 'keyAlgorithm' | 'at' | 'validityDays' | 'signal'>,
): Promise<Issued> {
  const keys = await generateKeyPair(keyAlgorithm, signal);
  const serialNumber = randomBytes(20);
  // Positive, and of full length.
  serialNumber[0] = (serialNumber[0]! & 0x7f) | 0x40;
  const { pem } = await issue({
    profile: loadProfile(profile),
    subject: { commonName },
    publicKey: keys.publicKey,
    issuer: { privateKey: keys.privateKey },
    at,
    validityDays,
    serialNumber,
  });
  return { certificate: parseCertificate(pem), pem, keys };
}

/** Issues a certificate, and adds its files to the transaction and its line to the database. */
export async function issueFiles(request: FilesRequest, transaction: Transaction): Promise<Issued> {
  const { commonName, issuer, issuers, database, files, passphrase } = request;
  const subject = { commonName };
  const keys = await generateKeyPair(request.keyAlgorithm, request.signal);
  const { serial, serialNumber } = database;
  const [{ pem }, { pem: requestPem }] = await Promise.all([
    issue({
      profile: loadProfile(request.profile),
      subject,
      publicKey: keys.publicKey,
      issuer: { ...issuer, chainPem: issuers.join('') },
      at: request.at,
      validityDays: request.validityDays,
      serialNumber,
    }),
    makeCertificateRequest({ subject, ...keys }),
  ]);
  const certificate = parseCertificate(pem);
  database.add({ notAfter: timeText(certificate.notAfter), subject: subjectLine(commonName) });

  const { privateKey } = keys;
  const [keyPem, pfx] = await Promise.all([
    privateKeyToPem(privateKey, request.encryptKey ? passphrase : undefined),
    request.pfx
      ? createPfx({
          certificate: pem,
          privateKey,
          chain: [...issuers],
          friendlyName: request.friendlyName,
          passphrase,
        })
      : undefined,
  ]);
  const opening = request.encryptKey ? { passphrase } : {};
  assertReadsBack([
    { contents: keyPem, ...opening },
    { contents: requestPem },
    { contents: pem },
    ...(pfx ? [{ contents: pfx, passphrase }] : []),
  ]);
  transaction.write(files.key, keyPem, request.encryptKey ? modes.authorityKey : modes.key);
  transaction.write(files.request, requestPem, modes.other);
  transaction.write(files.certificate, pem, modes.certificate);
  if (request.fullChain) transaction.write(request.fullChain, [pem, ...issuers].join(''), modes.certificate);
  if (pfx) transaction.write(files.pfx, pfx, modes.pfx);
  transaction.write(`newcerts/${serial}.pem`, pem, modes.other);
  return { certificate, pem, keys };
}
