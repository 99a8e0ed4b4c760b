/**
 * Compares a fleet with the limit: the keys and the signatures alone, on as many threads. The two alternate, so that
 * other load on the machine affects both, and the median of the ratios is shown. Also compares it with common practice.
 *
 *     npm run bench:fleet [-- --devices 200000 --rounds 5 --rsa 400]
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { toSigningKeyPair, webAlgorithm, x509 } from '../src/pki/crypto.js';
import { generateKeyPair, privateKeyToPem } from '../src/pki/keys.js';
import { median } from './median.js';
import { BenchReport } from './report.js';
import { scratchFolder } from './scratch.js';

const { values } = parseArgs({
  options: {
    devices: { type: 'string', default: '200000' },
    rounds: { type: 'string', default: '5' },
    rsa: { type: 'string', default: '400' },
    folders: { type: 'string', default: '10000' },
  },
});
const [devices, rounds, rsaDevices, folders] = [
  values.devices,
  values.rounds,
  values.rsa,
  values.folders,
].map(Number) as [number, number, number, number];
const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const bin = file('../dist/bin.js');
const cpuTime = new URL('fleet/cpu-time.mjs', import.meta.url).href;
const cores = availableParallelism();
const report = new BenchReport('fleet', 'npm run bench:fleet');
const folder = scratchFolder();

interface Measured {
  seconds: number;
  cpuSeconds: number;
}

/** With one thread, the process is bound to one core, so that its other threads do not help. */
function onCores(threads: number, arguments_: string[]): { stdout: string; stderr: string; seconds: number } {
  const bound = threads === 1 ? ['taskset', '-c', '0'] : [];
  const [program, ...rest] = [...bound, process.execPath, ...arguments_] as [string, ...string[]];
  const started = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(program, rest, { encoding: 'utf8', cwd: folder });
  if (status !== 0) throw new Error(`${program} ${rest.join(' ')}\n${stderr}`);
  return { stdout, stderr, seconds: Number(process.hrtime.bigint() - started) / 1e9 };
}

function limit(what: 'ec' | 'rsa' | 'files', threads: number, count: number): Measured {
  const place = what === 'files' ? [join(folder, 'files')] : [];
  try {
    const run = [file('fleet/limit.mjs'), what, String(threads), String(count), ...place];
    const { seconds, stdout } = onCores(threads, run);
    return { seconds, cpuSeconds: JSON.parse(stdout).cpuSeconds };
  } finally {
    rmSync(join(folder, 'files'), { recursive: true, force: true });
  }
}

/** The command, including its start, as the limit does. */
function ours(threads: number, count: number, ...flags: string[]): Measured {
  const pattern = ['fleet', 'issue', '--count', String(count), '--pattern', 'device-{000001..}'];
  const run = ['--import', cpuTime, bin, ...pattern, '--workers', String(threads), '--quiet', '--out', 'out'];
  try {
    const { seconds, stderr } = onCores(threads, [...run, ...flags]);
    return { seconds, cpuSeconds: JSON.parse(/@cpu (.*)/.exec(stderr)![1]!).seconds };
  } finally {
    for (const name of ['out', 'out.manifest.csv'])
      rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/** Common practice: a loop that makes a key, a certificate and their PEM with a library. */
async function straightforward(count: number): Promise<number> {
  const ca = await generateKeyPair('ec-p256');
  const issuer = await toSigningKeyPair(ca.privateKey, ca.publicKey);
  const notBefore = new Date();
  const notAfter = new Date(notBefore.getTime() + 365 * 86_400_000);
  const started = process.hrtime.bigint();
  for (let index = 0; index < count; index += 1) {
    const keys = await generateKeyPair('ec-p256');
    const { publicKey } = await toSigningKeyPair(keys.privateKey, keys.publicKey);
    const certificate = await x509.X509CertificateGenerator.create({
      subject: `CN=device-${index}`,
      issuer: 'CN=CA',
      notBefore,
      notAfter,
      publicKey,
      signingKey: issuer.privateKey,
      signingAlgorithm: webAlgorithm(ca.privateKey),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        await x509.SubjectKeyIdentifierExtension.create(publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      ],
    });
    certificate.toString('pem');
    await privateKeyToPem(keys.privateKey);
  }
  return count / (Number(process.hrtime.bigint() - started) / 1e9);
}

/** As in Azure's scripts: a key, a request, a certificate. */
function opensslLoop(count: number): number {
  const openssl = (...arguments_: string[]) =>
    execFileSync('openssl', arguments_, { cwd: folder, stdio: 'ignore' });
  const started = process.hrtime.bigint();
  for (let index = 0; index < count; index += 1) {
    openssl('ecparam', '-genkey', '-name', 'prime256v1', '-noout', '-out', 'd.key');
    openssl('req', '-new', '-key', 'd.key', '-subj', `/CN=device-${index}`, '-out', 'd.csr');
    const ca = ['-CA', 'certs/ca/intermediate/certificate.pem', '-CAkey', 'certs/ca/intermediate/key.pem'];
    openssl('x509', '-req', '-in', 'd.csr', ...ca, '-days', '365', '-CAcreateserial', '-out', 'd.pem');
  }
  return count / (Number(process.hrtime.bigint() - started) / 1e9);
}

/** Runs the two alternately, and shows devices per second and the medians of the ratios. */
function compare(what: string, count: number, one: () => Measured, other: () => Measured): number {
  const pairs = Array.from({ length: rounds }, () => ({ limit: one(), ours: other() }));
  const perSecond = count / median(pairs.map((pair) => pair.ours.seconds));
  const limitPerSecond = count / median(pairs.map((pair) => pair.limit.seconds));
  const ratio = median(pairs.map((pair) => pair.limit.seconds / pair.ours.seconds));
  const cpuRatio = median(pairs.map((pair) => pair.limit.cpuSeconds / pair.ours.cpuSeconds));
  report.line(
    what,
    rate(perSecond),
    `limit ${rate(limitPerSecond)}  ratio of processor time ${cpuRatio.toFixed(2)}, of time ${ratio.toFixed(2)}`,
  );
  return perSecond;
}

const rate = (perSecond: number) =>
  `${perSecond < 100 ? perSecond.toFixed(1) : Math.round(perSecond).toLocaleString('en-US')}/s`.padStart(10);

try {
  execFileSync(process.execPath, [bin, 'cert', 'root', 'Bench Root', '--out', 'certs/ca/root'], {
    cwd: folder,
    stdio: 'ignore',
  });
  const signer = ['--ca', 'certs/ca/root/certificate.pem', '--ca-key', 'certs/ca/root/key.pem'];
  const place = ['--out', 'certs/ca/intermediate'];
  execFileSync(process.execPath, [bin, 'cert', 'intermediate', 'Bench CA', ...signer, ...place], {
    cwd: folder,
    stdio: 'ignore',
  });
  const ndjson = ['--format', 'ndjson'];
  const show = (threads: number) => (threads === 1 ? 'one core' : `${threads} cores`);
  const rates = [...new Set([1, cores])].map((threads) =>
    compare(
      `ndjson, ${devices} devices, ${show(threads)}`,
      devices,
      () => limit('ec', threads, devices),
      () => ours(threads, devices, ...ndjson),
    ),
  );
  for (const threads of new Set([1, cores]))
    compare(
      `tar, ${devices} devices, ${show(threads)}`,
      devices,
      () => limit('ec', threads, devices),
      () => ours(threads, devices, '--format', 'tar'),
    );
  if (rates.length > 1)
    report.line(`${show(cores)} against one`, `${(rates[1]! / rates[0]!).toFixed(2)} times`);
  compare(
    `dir, ${folders} devices, ${show(cores)}`,
    folders,
    () => limit('files', cores, folders),
    () => ours(cores, folders, '--format', 'dir'),
  );
  compare(
    `RSA 2048, ${rsaDevices} devices, ${show(cores)}`,
    rsaDevices,
    () => limit('rsa', cores, rsaDevices),
    () => ours(cores, rsaDevices, ...ndjson, '--key-algorithm', 'rsa-2048'),
  );
  report.line('@peculiar/x509 in a loop', rate(await straightforward(1000)));
  report.line('openssl, three commands a device', rate(opensslLoop(100)));
  report.write();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
