/**
 * The quickstart beside what a person runs today for the certificates alone, and the start of the command line beside
 * that of node: whole processes. Then its growth: 300 devices beside a fleet of as many, and beside bare TLS handshakes,
 * in processor time. Medians, in one run; ratios are what counts, since machines differ.
 *
 *     npm run bench
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bareHandshakes } from './bare-handshakes.js';
import { runNode } from './cpu.js';
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

/** Processor seconds with many devices: of the quickstart's steps, of a fleet, and of two bare handshakes a device. */
async function growth(count: number, rounds: number): Promise<void> {
  const folder = scratchFolder();
  const steps = fileURLToPath(new URL('quickstart/steps.mjs', import.meta.url));
  const ca = join(folder, '0', 'certs', 'ca', 'intermediate');
  const issue = (format: string, out: string) => {
    const signer = ['--ca', join(ca, 'certificate.pem'), '--ca-key', join(ca, 'key.pem')];
    const devices = ['--count', String(count), '--pattern', 'device-{000001..}'];
    const to = ['--format', format, '--out', join(folder, out), '--quiet'];
    return runNode([bin, 'fleet', 'issue', ...devices, ...signer, ...to], folder);
  };
  let bare: Awaited<ReturnType<typeof bareHandshakes>> | undefined;
  try {
    const measured: { certificates: number; devices: number; fleet: number; handshakes: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const place = join(folder, String(round));
      const { cpuSeconds, tls } = JSON.parse((await runNode([steps, String(count), place])).stdout) as {
        cpuSeconds: Record<string, number>;
        tls: string;
      };
      const fleet = await issue('dir', `dir-${round}`);
      if (round === 0) await issue('ndjson', 'fleet');
      bare ??= await bareHandshakes(tls);
      measured.push({
        certificates: cpuSeconds['device-certificates']!,
        devices: cpuSeconds['register-devices']! + cpuSeconds['connect-devices']!,
        fleet: fleet.cpuSeconds,
        handshakes: await bare.run(join(folder, 'fleet'), 2),
      });
    }
    const of = (what: (one: (typeof measured)[number]) => number) => median(measured.map(what));
    row(
      `quickstart, ${count} devices, certificates`,
      of((one) => one.certificates),
      `${of((one) => one.certificates / one.fleet).toFixed(2)} x fleet issue`,
    );
    row(
      `fleet issue --format dir, ${count} devices`,
      of((one) => one.fleet),
    );
    row(
      `quickstart, ${count} devices, registered and connected`,
      of((one) => one.devices),
      `${of((one) => one.handshakes / one.devices).toFixed(2)} of the rate of handshakes`,
    );
    row(
      'two bare mutual TLS handshakes a device',
      of((one) => one.handshakes),
    );
  } finally {
    await bare?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await growth(300, 3);
report.write();
