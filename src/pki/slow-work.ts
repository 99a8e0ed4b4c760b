/**
 * The work of node:crypto that can take seconds: deriving a key from a passphrase and generating a large RSA key.
 * Node's threads cannot be stopped, and `process.exit` waits for them, so work that a signal can cancel runs in a child
 * process.
 */

import { generateKeyPair, generateKeyPairSync, pbkdf2, pbkdf2Sync, scrypt, scryptSync } from 'node:crypto';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { interruption } from '../errors.js';
import { sentences } from '../languages/language.js';
import { programFile } from '../package-files.js';

/** `length` in octets. */
export type Derivation = { passphrase: string; salt: Uint8Array; length: number } & (
  | Pbkdf2Parameters
  | ScryptParameters
);

/** RFC 8018 section 5.2. */
export interface Pbkdf2Parameters {
  kind: 'pbkdf2';
  iterations: number;
  hash: string;
}

/** RFC 7914 section 2: N, r and p. */
export interface ScryptParameters {
  kind: 'scrypt';
  cost: number;
  blockSize: number;
  parallelization: number;
}

interface RsaKey {
  kind: 'rsa';
  bits: number;
}

export type SlowWork = Derivation | RsaKey;

/** What enrollkit itself uses; takes a quarter of a second. */
const maxIterationsInThread = 600_000;
/** N x r x p; OpenSSL uses 2^17. Takes a fifth of a second. */
const maxScryptInThread = 2 ** 19;
/** Usually takes a third of a second. */
const maxRsaBitsInThread = 2048;

/**
 * Does the work and blocks this thread meanwhile.
 *
 * @returns the derived key, or the RSA key as PKCS#8 DER
 */
export function runSlowWorkSync(work: SlowWork): Buffer {
  if (work.kind === 'rsa') return generateKeyPairSync('rsa', rsaOptions(work)).privateKey;
  const { passphrase, salt, length } = work;
  return work.kind === 'pbkdf2'
    ? pbkdf2Sync(passphrase, salt, work.iterations, length, work.hash)
    : scryptSync(passphrase, salt, length, scryptOptions(work));
}

/**
 * Like {@link runSlowWorkSync}, but without blocking this thread.
 *
 * @param signal cancels it
 * @throws the signal's reason
 */
export async function runSlowWork(work: SlowWork, signal?: AbortSignal): Promise<Buffer> {
  signal?.throwIfAborted();
  const done = await (signal && takesLong(work) ? inProcess(work, signal) : inThread(work));
  signal?.throwIfAborted();
  return done;
}

/** Whether the work takes long enough to run it in a child process, so that it can be cancelled. */
export function takesLong(work: SlowWork): boolean {
  if (work.kind === 'rsa') return work.bits > maxRsaBitsInThread;
  if (work.kind === 'pbkdf2') return work.iterations > maxIterationsInThread;
  return work.cost * work.blockSize * work.parallelization > maxScryptInThread;
}

async function inThread(work: SlowWork): Promise<Buffer> {
  if (work.kind === 'rsa') return (await promisify(generateKeyPair)('rsa', rsaOptions(work))).privateKey;
  const { passphrase, salt, length } = work;
  if (work.kind === 'pbkdf2') return promisify(pbkdf2)(passphrase, salt, work.iterations, length, work.hash);
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, key: Buffer) => (error ? reject(error) : resolve(key));
    scrypt(passphrase, salt, length, scryptOptions(work), done);
  });
}

const rsaOptions = ({ bits }: RsaKey) =>
  ({
    modulusLength: bits,
    publicKeyEncoding: { format: 'der', type: 'spki' },
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
  }) as const;

const scryptOptions = ({ cost, blockSize, parallelization }: ScryptParameters) => ({
  cost,
  blockSize,
  parallelization,
  // As OpenSSL counts it (EVP_PBE_scrypt).
  maxmem: 128 * blockSize * (cost + parallelization + 2),
});

async function inProcess(work: SlowWork, signal: AbortSignal): Promise<Buffer> {
  // With what it needs, a twentieth of a short command.
  const { fork } = await import('node:child_process');
  const worker = fork(programFile('pki/slow-work-process'), {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    // If sending fails, the process has exited, which is handled below.
    worker.send(work, () => {});
    const ended = once(worker, 'exit', { signal }).then(([status, endedBy]) => {
      // In a terminal, Ctrl-C reaches both processes, in either order.
      if (endedBy === 'SIGINT') throw interruption();
      throw new Error(sentences.pkiMake.processEnded(endedBy ?? `status ${status}`));
    });
    const [done] = await Promise.race([once(worker, 'message', { signal }), ended]);
    return Buffer.from(done as Uint8Array);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    worker.kill('SIGKILL');
  }
}
