/**
 * Processor time of a PKCS#12 file with a passphrase, beside `openssl pkcs12 -export` with as many rounds, in alternating
 * pairs: the call of the library in a warm process, and what a passphrase adds to the command.
 *
 *     npm run bench:pfx [-- --pairs 15 --rounds 100000]
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cpuSecondsFromOutside } from './cpu.js';
import { median } from './median.js';
import { BenchReport } from './report.js';
import { scratchFolder } from './scratch.js';

/** As it is installed: what tsx makes of the source has helpers in it that take time. */
const compiled = (path: string) => import(new URL(`../build/pki/${path}.js`, import.meta.url).href);
const { createPfx } = (await compiled(
  'containers/pkcs12-write',
)) as typeof import('../src/pki/containers/pkcs12-write.js');
const { iterations } = (await compiled(
  'containers/iterations',
)) as typeof import('../src/pki/containers/iterations.js');
const { privateKeyOf } = (await compiled('private-key')) as typeof import('../src/pki/private-key.js');
const { pemBlocks } = (await compiled('containers/pem')) as typeof import('../src/pki/containers/pem.js');

const { values } = parseArgs({
  options: { pairs: { type: 'string', default: '15' }, rounds: { type: 'string', default: '100000' } },
});
const [pairs, rounds] = [Number(values.pairs), Number(values.rounds)];
const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
const report = new BenchReport('pfx', 'npm run bench:pfx');
const folder = scratchFolder();
const usual = { ...iterations };

function openssl(count: number): number {
  const files = ['-inkey', 'key.pem', '-in', 'certificate.pem', '-out', 'openssl.pfx'];
  const protection = ['-passout', 'pass:secret', '-iter', String(count), '-macalg', 'sha256'];
  const ciphers = ['-keypbe', 'AES-256-CBC', '-certpbe', 'AES-256-CBC'];
  return cpuSecondsFromOutside(['openssl', 'pkcs12', '-export', ...files, ...protection, ...ciphers], folder);
}

async function library(): Promise<number> {
  const certificate = readFileSync(join(folder, 'certificate.pem'));
  const privateKey = privateKeyOf(pemBlocks(readFileSync(join(folder, 'key.pem'), 'latin1'))[0]!.der);
  const before = process.cpuUsage();
  await createPfx({ certificate, privateKey, chain: [], friendlyName: 'device', passphrase: 'secret' });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function command(...protection: string[]): number {
  const out = ['--out', 'ours.pfx', '--force'];
  return cpuSecondsFromOutside(
    [process.execPath, bin, 'cert', 'pfx', 'certificate.pem', ...out, ...protection],
    folder,
  );
}

const milliseconds = (seconds: number[]) => `${(median(seconds) * 1000).toFixed(1)} ms`;

async function compare(
  what: string,
  peer: string,
  ours: () => Promise<number> | number,
  theirs: () => number,
): Promise<void> {
  const [one, other]: [number[], number[]] = [[], []];
  for (let pair = 0; pair < pairs; pair += 1) {
    one.push(await ours());
    other.push(theirs());
  }
  const ratio = median(one.map((seconds, pair) => seconds / other[pair]!));
  report.line(what, milliseconds(one), `${ratio.toFixed(2)} x openssl`);
  report.line(peer, milliseconds(other));
}

try {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-keyout', 'key.pem'];
  const request = ['req', '-x509', '-days', '30', '-subj', '/CN=device', '-out', 'certificate.pem'];
  execFileSync('openssl', [...request, ...key], { cwd: folder, stdio: 'ignore' });
  writeFileSync(join(folder, 'passphrase'), 'secret\n');
  const name = (count: number) => count.toLocaleString('en-US');

  Object.assign(iterations, { pbkdf2: rounds, pkcs12Mac: rounds });
  for (let warmUp = 0; warmUp < 3; warmUp += 1) await library();
  await compare(
    `createPfx, ${name(rounds)} rounds of each derivation`,
    `openssl pkcs12 -export -iter ${rounds}`,
    library,
    () => openssl(rounds),
  );
  Object.assign(iterations, usual);
  await compare(
    `enrollkit cert pfx: what a passphrase adds (${name(usual.pbkdf2)} and ${name(usual.pkcs12Mac)})`,
    `openssl pkcs12 -export -iter ${usual.pbkdf2}`,
    () => command('--passphrase-file', 'passphrase') - command('--empty-passphrase'),
    () => openssl(usual.pbkdf2),
  );
  report.write();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
