/**
 * Processor time of the emulator until it is ready, and for registrations while a browser shows its log, beside another
 * checkout of enrollkit that is built (without the page, if it has none): in alternating pairs. The emulator is a process
 * of its own; the browser and the devices are not counted. Linux only.
 *
 *     npm run build && npx tsx bench/page.ts CHECKOUT [--pairs 15] [--registrations 4000]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { EmulatorEndpoints } from '../src/emulator/endpoints.js';
import { type BenchDevice, registerHttps } from './emulator/device-client.js';
import {
  benchFleet,
  serviceCalls,
  startEmulatorProcess,
  stopProcesses,
  thisCheckout,
} from './emulator/emulator-process.js';
import { rate } from './emulator/measure.js';
import { compareInPairs } from './pair-ratios.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: 'string', default: '15' },
    registrations: { type: 'string', default: '4000' },
  },
});
const [other] = positionals;
if (!other) {
  console.error('Usage: npx tsx bench/page.ts CHECKOUT [--pairs N] [--registrations N]');
  process.exit(2);
}
const deviceCount = 200;
const concurrency = 16;

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** Seconds of processor time that a process and its threads have used (proc_pid_stat(5)). */
function processorSeconds(pid: number): number {
  const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ');
  return (Number(afterName[11]) + Number(afterName[12])) / ticksPerSecond;
}

/** As the page's script: requests the page again after each event, one request at a time. */
async function showLog(consoleUrl: string, signal: AbortSignal): Promise<void> {
  const { origin } = new URL(consoleUrl);
  const entered = await fetch(consoleUrl, { redirect: 'manual', signal });
  const headers = { cookie: entered.headers.get('set-cookie')!.split(';')[0]! };
  const page = async () => {
    const answer = await fetch(`${origin}/console/log`, { headers, signal });
    if (!answer.ok) throw new Error(`the page Log: ${answer.status}`);
    return answer.text();
  };
  await page();
  const events = await fetch(`${origin}/console/events`, { headers, signal });
  let refreshing = Promise.resolve();
  let waiting = 0;
  for await (const chunk of events.body!.pipeThrough(new TextDecoderStream())) {
    if (!chunk.includes('event: change') || waiting > 1) continue;
    waiting += 1;
    refreshing = refreshing.then(async () => {
      await page();
      waiting -= 1;
    });
    refreshing.catch(() => {});
  }
}

async function register(endpoints: EmulatorEndpoints, devices: readonly BenchDevice[], count: number) {
  const server = { port: endpoints.ports.https, idScope: endpoints.idScope };
  const all = Array.from({ length: count }, (_, index) => devices[index % devices.length]!);
  await rate(all, concurrency, (device) => registerHttps(server, device));
}

async function measure(checkout: string): Promise<{ start: number; registering: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'enrollkit-page-'));
  const { child, endpoints } = await startEmulatorProcess(checkout, folder);
  const browser = new AbortController();
  try {
    const start = processorSeconds(child.pid!);
    const call = serviceCalls(endpoints, concurrency);
    const devices = await benchFleet(endpoints, call, deviceCount);
    call.end();
    if (endpoints.consoleUrl !== undefined)
      showLog(endpoints.consoleUrl, browser.signal).catch((error) => {
        if (!browser.signal.aborted) throw error;
      });
    // A server compiles its code for some thousand requests.
    await register(endpoints, devices, 1000);
    const before = processorSeconds(child.pid!);
    await register(endpoints, devices, Number(values.registrations));
    return { start, registering: processorSeconds(child.pid!) - before };
  } finally {
    browser.abort();
    await stopProcesses([child]);
    rmSync(folder, { recursive: true, force: true });
  }
}

const starts = new Map<string, number[]>();
await compareInPairs(
  `${values.registrations} registrations with the log open`,
  [thisCheckout, other],
  Number(values.pairs),
  async (checkout) => {
    const { start, registering } = await measure(checkout);
    starts.set(checkout, [...(starts.get(checkout) ?? []), start]);
    return registering;
  },
);
await compareInPairs(
  'start',
  [thisCheckout, other],
  Number(values.pairs),
  (checkout) => starts.get(checkout)!.shift()!,
);
