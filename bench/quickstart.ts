/**
 * The quickstart beside what a person runs today for the certificates alone, and the start of the command line beside
 * that of node. Whole processes, medians, in one run; ratios are what counts, since machines differ.
 *
 *     npm run bench
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median } from './median.js';
import { BenchReport } from './report.js';
import { scratchFolder } from './scratch.js';

const report = new BenchReport('quickstart', 'npm run bench');
const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
const deviceIds = ['device-001', 'device-002', 'device-003'];

/** Seconds that an act takes in a folder of its own. */
function timed(act: (folder: string) => void): number {
  const folder = scratchFolder();
  try {
    const started = process.hrtime.bigint();
    act(folder);
    return Number(process.hrtime.bigint() - started) / 1e9;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The chain, a verification certificate and three devices, as with certGen.sh: key, request, certificate. */
function opensslCertificates(folder: string, key: string[]): void {
  const openssl = (...arguments_: string[]) =>
    execFileSync('openssl', arguments_, { cwd: folder, stdio: 'ignore' });
  const issue = (name: string, issuer: string, extensions: string) => {
    openssl('genpkey', ...key, '-out', `${name}.key`);
    openssl(
      'req',
      '-new',
      '-key',
      `${name}.key`,
      '-subj',
      `/CN=${name}`,
      '-out',
      `${name}.csr`,
      '-addext',
      extensions,
    );
    const signer = ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, '-CAcreateserial'];
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      ...signer,
      '-copy_extensions',
      'copy',
      '-days',
      '30',
      '-out',
      `${name}.pem`,
    );
  };
  openssl('genpkey', ...key, '-out', 'root.key');
  openssl('req', '-new', '-x509', '-key', 'root.key', '-subj', '/CN=root', '-days', '30', '-out', 'root.pem');
  issue('intermediate', 'root', 'basicConstraints=critical,CA:TRUE');
  issue('verification', 'root', 'extendedKeyUsage=clientAuth');
  for (const id of deviceIds) issue(id, 'intermediate', 'extendedKeyUsage=clientAuth');
}

const ec = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];
const rsa = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:4096'];
const repeat = (times: number, act: () => number) => median(Array.from({ length: times }, act));

const phases = new Map<string, number[]>();
const note = (phase: string, seconds: number) => phases.set(phase, [...(phases.get(phase) ?? []), seconds]);
const quickstart = repeat(7, () => {
  let output = '';
  const seconds = timed((folder) => {
    output = execFileSync(
      process.execPath,
      [bin, 'quickstart', '--yes', '--json', '--dir', join(folder, 'certs')],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
  });
  const result = JSON.parse(output) as { elapsedMs: number; steps: { id: string; elapsedMs: number }[] };
  for (const { id, elapsedMs } of result.steps) note(id, elapsedMs / 1000);
  note('start of node, modules and emulator; stop', seconds - result.elapsedMs / 1000);
  return seconds;
});
const node = repeat(15, () => timed(() => spawnSync(process.execPath, ['-e', '0'])));
const help = repeat(15, () => timed(() => spawnSync(process.execPath, [bin, '--help'])));
const withEc = repeat(5, () => timed((folder) => opensslCertificates(folder, ec)));
const withRsa = repeat(3, () => timed((folder) => opensslCertificates(folder, rsa)));

const row = (what: string, seconds: number, against = '') =>
  report.line(what, `${seconds.toFixed(3)} s`, against);
row('enrollkit quickstart --yes, three devices, everything', quickstart);
for (const [id, values] of phases) row(`  ${id}`, median(values));
row(
  'openssl, the same certificates alone, EC P-256',
  withEc,
  `${(withEc / quickstart).toFixed(2)} x quickstart`,
);
row(
  'openssl, the same certificates alone, RSA 4096',
  withRsa,
  `${(withRsa / quickstart).toFixed(2)} x quickstart`,
);
row('enrollkit --help', help, `${(help / node).toFixed(2)} x node -e 0`);
row('node -e 0', node);
report.write();
