/** Changed inputs for every reader of certificates and what goes with them; by a seed, so that a run can be repeated. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EnrollkitError } from '../../src/errors.js';
import { pemEncode } from '../../src/pki/containers/pem.js';
import { createPkcs7, readPkcs7 } from '../../src/pki/containers/pkcs7.js';
import { readPfx } from '../../src/pki/containers/pkcs12-read.js';
import { createPfx } from '../../src/pki/containers/pkcs12-write.js';
import { sequence, tlv } from '../../src/pki/der/write.js';
import { privateKeyFromPem } from '../../src/pki/keys.js';
import { lintChain } from '../../src/pki/lint/lint.js';
import { makeCertificateRequest } from '../../src/pki/make/certificate-request.js';
import { validatePath } from '../../src/pki/path/validate.js';
import { parseCertificate, parseCertificates } from '../../src/pki/x509/certificate.js';
import { parseRevocationLists } from '../../src/pki/x509/crl.js';
import { parseCertificateRequest } from '../../src/pki/x509/csr.js';
import { inspectCertificate } from '../../src/pki/x509/inspect.js';
import { lookAtCertificates } from '../../src/pki/x509/look.js';
import { isSignedBy } from '../../src/pki/x509/signature.js';
import { generatedKeys } from './generated-keys.js';
import { fleetFiles, fleetReaders } from './mutated-fleet-files.js';
import {
  alternativeNames,
  authority,
  device,
  directory,
  dns,
  extension,
  nameConstraints,
  now,
  uri,
} from './raw-certificates.js';
import { listNumber, revocationList } from './revocation-lists.js';

export interface MutationReport {
  inputs: number;
  /** Readings that returned something. */
  read: number;
  slowestMs: number;
  /** At most 20. */
  problems: string[];
}

type Read = (input: Buffer) => unknown;

/** Inputs, and what reads such inputs. */
interface Material {
  sources: readonly Buffer[];
  readers: Record<string, Read>;
}

/** A multiplicative generator (MINSTD): good enough to choose octets. */
function generator(seed: number): (below: number) => number {
  let state = (seed % 2_147_483_646) + 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** @param onInput called with the number of inputs so far */
export async function mutateCertificates(
  count: number,
  seed: number,
  onInput: (done: number) => void = () => {},
): Promise<MutationReport> {
  const random = generator(seed);
  const folder = mkdtempSync(join(tmpdir(), 'enrollkit-mutated-'));
  const certificates = await certificateMaterial();
  const fleets: Material = { sources: fleetFiles, readers: fleetReaders(folder) };
  const all = [certificates, fleets].flatMap(({ sources, readers }) =>
    sources.map((source) => ({ source, sources, readers })),
  );
  const report: MutationReport = { inputs: 0, read: 0, slowestMs: 0, problems: [] };
  const note = (problem: string) => {
    if (report.problems.length < 20) report.problems.push(problem);
  };
  for (; report.inputs < count; onInput(report.inputs)) {
    const { source, sources, readers } = all[random(all.length)]!;
    const input = mutated(source, random);
    report.inputs += 1;
    for (const [name, read] of Object.entries(readers)) {
      const started = process.cpuUsage();
      try {
        const forged = await read(input);
        report.read += 1;
        if (forged === 'forged' && !sources.some((one) => one.equals(input)))
          note(`${name} took a forgery: ${input.toString('hex')}`);
      } catch (error) {
        if (!(error instanceof EnrollkitError) || error.code === 'INTERNAL')
          note(`${name} threw ${(error as Error).stack}: ${input.toString('hex')}`);
      }
      // Processor time: other load on the machine does not count.
      const { user, system } = process.cpuUsage(started);
      const ms = (user + system) / 1000;
      report.slowestMs = Math.max(report.slowestMs, Math.round(ms));
      if (ms > 1000) note(`${name} took ${Math.round(ms)} ms: ${input.toString('hex')}`);
    }
  }
  rmSync(folder, { recursive: true, force: true });
  return report;
}

async function certificateMaterial(): Promise<Material> {
  const root = authority('Root', undefined, {
    extensions: [nameConstraints([dns('a.example')], [uri('b')])],
  });
  const point = extension('2.5.29.31', false, sequence(sequence(tlv(0xa0, tlv(0xa0, uri('http://a'))))));
  const leaf = device('device', root, { extensions: [alternativeNames(dns('x.a.example')), point] });
  const { privateKey, publicKey } = leaf.keys;
  const list = revocationList({ issuer: root, revoked: [5, 6] });
  // An indirect list of one distribution point, with an entry of another issuer's certificate.
  const scope = extension(
    '2.5.29.28',
    true,
    sequence(tlv(0xa0, tlv(0xa0, uri('http://a'))), tlv(0x84, Buffer.from([0xff]))),
  );
  const entryExtensions = [extension('2.5.29.29', true, sequence(directory('Other')))];
  const indirect = revocationList({
    issuer: root,
    revoked: [7],
    entryExtensions,
    extensions: [listNumber, scope],
  });
  const request = await makeCertificateRequest({ subject: { commonName: 'd' }, privateKey, publicKey });
  const contents = {
    certificate: leaf.der,
    privateKey,
    chain: [root.der],
    friendlyName: 'd',
    passphrase: '',
  };
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
  const encrypted = privateKey.export({
    format: 'der',
    type: 'pkcs8',
    cipher: 'aes-256-cbc',
    passphrase: 'secret',
  });
  const rsaKey = generatedKeys('rsa', { modulusLength: 1024 }).privateKey;
  const oldPem = rsaKey.export({ format: 'pem', type: 'pkcs1', cipher: 'aes-128-cbc', passphrase: 'secret' });
  const ders: [label: string, der: Buffer][] = [
    ['CERTIFICATE', leaf.der],
    ['CERTIFICATE', root.der],
    ['X509 CRL', list],
    ['X509 CRL', indirect],
    ['CERTIFICATE REQUEST', request.der],
    ['PRIVATE KEY', pkcs8],
    ['EC PRIVATE KEY', privateKey.export({ format: 'der', type: 'sec1' })],
    ['RSA PRIVATE KEY', rsaKey.export({ format: 'der', type: 'pkcs1' })],
    ['ENCRYPTED PRIVATE KEY', encrypted],
    ['PKCS7', createPkcs7([leaf.der, root.der])],
    ['PKCS12', await createPfx(contents)],
    ['PKCS12', await createPfx({ ...contents, mac: 'pbmac1' })],
  ];
  const pems = ders.map(([label, der]) => Buffer.from(pemEncode(label, der)));
  const texts = [
    leaf.pem + root.pem,
    `${leaf.pem}${pemEncode('PRIVATE KEY', pkcs8)}`,
    oldPem.toString(),
    leaf.der.toString('base64'),
    leaf.pem.replaceAll('\n', '\\n'),
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${Buffer.from('openssh-key-v1\0').toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`,
  ].map((text) => Buffer.from(text));
  texts.push(Buffer.from(`\ufeff${leaf.pem}`, 'utf16le'));
  const lists = [list, indirect];
  const issuer = parseCertificate(root.der);
  const original = parseCertificate(leaf.der);
  const unsigned = (der: Buffer) => der.equals(original.der) || der.equals(root.der);
  const readers: Record<string, Read> = {
    parseCertificates: (input) => {
      const forged = parseCertificates(input).some(
        (one) => !unsigned(one.der) && !sameSigned(one, original) && isSignedBy(one, issuer),
      );
      return forged ? 'forged' : undefined;
    },
    validatePath: (input) => {
      const verdict = validatePath({
        leaf: input,
        intermediates: [input],
        trustAnchors: [root.der],
        at: now,
      });
      const accepted = verdict.valid ? verdict.path[0]! : undefined;
      return accepted && !unsigned(accepted.der) && !sameSigned(accepted, original) ? 'forged' : undefined;
    },
    lists: (input) => {
      validatePath({ leaf: leaf.der, intermediates: [], trustAnchors: [root.der], at: now, crls: [input] });
      const [read] = parseRevocationLists(input);
      const isForged =
        read && isSignedBy(read, issuer) && !lists.some((one) => one.includes(read.toBeSigned));
      return isForged ? 'forged' : undefined;
    },
    look: (input) => {
      const certificates = lookAtCertificates(input);
      lintChain(certificates, { at: now });
      return certificates.map(inspectCertificate);
    },
    request: (input) => {
      const read = parseCertificateRequest(input);
      return read.der.equals(request.der) ? undefined : read;
    },
    key: (input) => privateKeyFromPem(input, 'secret'),
    pkcs7: (input) => readPkcs7(input),
    pfx: (input) => readPfx(input, ''),
  };
  return { sources: [...ders.map(([, der]) => der), ...pems, ...texts], readers };
}

/** ECDSA signatures have more than one form, and the algorithm outside of the signed part is not signed. */
function sameSigned(one: { toBeSigned: Buffer }, other: { toBeSigned: Buffer }): boolean {
  return one.toBeSigned.equals(other.toBeSigned);
}

/** One to four changes: an octet, a piece cut out, repeated, or set to a value that lengths and tags often have. */
function mutated(source: Buffer, random: (below: number) => number): Buffer {
  let result = Buffer.from(source);
  for (let changes = 1 + random(4); changes > 0 && result.length > 1; changes -= 1) {
    const at = random(result.length);
    const length = 1 + random(Math.min(64, result.length - at));
    switch (random(6)) {
      case 0:
        result[at]! ^= 1 << random(8);
        break;
      case 1:
        result[at] = random(256);
        break;
      case 2:
        result[at] = [0x00, 0x30, 0x31, 0x7f, 0x80, 0x81, 0x84, 0xa0, 0xff][random(9)]!;
        break;
      case 3:
        result = Buffer.concat([result.subarray(0, at), result.subarray(at + length)]);
        break;
      case 4:
        result = Buffer.concat([result.subarray(0, at + length), result.subarray(at)]);
        break;
      default:
        result = result.subarray(0, at);
    }
  }
  return result;
}
