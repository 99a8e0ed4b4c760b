/**
 * A quickstart with many devices, in processor time: its certificates beside a fleet of as many, and what registers and
 * connects them beside bare mutual TLS handshakes. Medians of three rounds.
 *
 *     npm run bench:growth [-- DEVICES]
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bareHandshakes } from './bare-handshakes.js';
import { runNode } from './cpu.js';
import { median } from './median.js';
import { BenchReport } from './report.js';
import { scratchFolder } from './scratch.js';

const report = new BenchReport('growth', 'npm run bench:growth');
const bin = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
const row = (what: string, seconds: number, against = '') =>
  report.line(what, `${seconds.toFixed(3)} s`, against);

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

await growth(Number(process.argv[2] ?? 300), 3);
report.write();
