/**
 * Devices and a back end at work for a while, over HTTPS, MQTT and AMQP: the emulator's memory, sockets and file
 * descriptors must stay flat.
 *
 *     npm run build && npx tsx scripts/soak.ts [MINUTES]
 *
 * The first quarter warms up. Needs /proc (Linux).
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { EmulatorEndpoints } from '../src/emulator/start.js';
import { startEmulatorProcess } from '../test/support/emulator-process.js';
import { type Scene, setScene } from '../test/support/mutated-inputs/conversations.js';
import { sendInput } from '../test/support/mutated-inputs/inputs.js';
import { inTemporaryFolder } from '../test/support/temporary-folder.js';

const minutes = Number(process.argv[2] ?? 20);
/** How much more there may be at the end than after the first quarter. */
const limits = { megabytes: 40, sockets: 3, descriptors: 5 };

type Sample = Record<keyof typeof limits, number>;

function sampleOf(pid: number): Sample {
  const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  const links = readdirSync(`/proc/${pid}/fd`).map((name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`);
    } catch {
      return '';
    }
  });
  return {
    megabytes: Math.round(Number(resident[1]) / 1024),
    sockets: links.filter((link) => link.startsWith('socket:')).length,
    descriptors: links.length,
  };
}

/** One honest conversation after another, each on a connection of its own. @returns how many there were */
async function work({ conversations, endpoints, tls }: Scene, until: number): Promise<number> {
  let count = 0;
  const client = async (offset: number) => {
    for (let next = offset; Date.now() < until; next += 1) {
      const { port, certificate, parts } = conversations[next % conversations.length]!;
      await sendInput({ port, certificate: certificate ? tls : undefined, parts }, endpoints.ports, tls.ca);
      count += 1;
    }
  };
  await Promise.all([0, 7, 13, 29].map(client));
  return count;
}

/** The least of some samples: what is there when nothing is under way. */
function least(samples: readonly Sample[]): Sample {
  const of = (name: keyof Sample) => Math.min(...samples.map((sample) => sample[name]));
  return { megabytes: of('megabytes'), sockets: of('sockets'), descriptors: of('descriptors') };
}

await inTemporaryFolder(async (folder) => {
  const emulator = await startEmulatorProcess(join(folder, 'state'));
  try {
    const scene = await setScene(emulator.endpoints as unknown as EmulatorEndpoints);
    const rounds = 12;
    const samples: Sample[] = [];
    let count = 0;
    for (let round = 1; round <= rounds; round += 1) {
      count += await work(scene, Date.now() + (minutes * 60_000) / rounds);
      // Connections that have ended are closed by then.
      await wait(3000);
      const sample = sampleOf(emulator.process.pid!);
      samples.push(sample);
      console.log(
        `${round}/${rounds}: ${count} conversations, ${sample.megabytes} MB, ${sample.sockets} sockets, ${sample.descriptors} descriptors`,
      );
    }
    const quarter = rounds / 4;
    const [warm, last] = [least(samples.slice(quarter - 1, 2 * quarter - 1)), least(samples.slice(-quarter))];
    for (const name of Object.keys(limits) as (keyof Sample)[]) {
      const grown = last[name] - warm[name];
      const isFlat = grown <= limits[name];
      console.log(`${name}: ${warm[name]}, then ${last[name]}${isFlat ? '' : ': not flat'}`);
      if (!isFlat) process.exitCode = 1;
    }
  } finally {
    await emulator.stop();
  }
});
