/**
 * Queries of a hub with many devices, beside a GET of one twin, over one connection: by device ID, and by a tag that one
 * device has. Then how long a request waits while the hub searches, and how long counting takes. Requests alternate;
 * medians; ratios are what counts.
 *
 *     npm run bench:query [-- DEVICES]
 */
import { readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { parseConnectionString } from '../src/dps/contract/connection-string.js';
import { createSasToken } from '../src/dps/contract/sas.js';
import { startEmulatorProcess, stopProcesses, thisCheckout } from './emulator/emulator-process.js';
import { median } from './median.js';
import { BenchReport } from './report.js';
import { scratchFolder } from './scratch.js';

const deviceCount = Number(process.argv[2] ?? 100_000);
const rounds = 300;

const report = new BenchReport('query', 'npm run bench:query');
const folder = scratchFolder();
const { child, endpoints } = await startEmulatorProcess(thisCheckout, folder);

try {
  const { hostName, sharedAccessKeyName, sharedAccessKey } = parseConnectionString(
    endpoints.hubServiceConnectionString,
  );
  const expiry = Math.floor(Date.now() / 1000) + 3600;
  const authorization = createSasToken(hostName, sharedAccessKeyName, sharedAccessKey, expiry);
  const ca = readFileSync(endpoints.caFile, 'utf8');
  const call = (agent: Agent, method: string, path: string, body?: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const headers = {
        authorization,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      };
      const url = `https://${hostName}${path}?api-version=2021-04-12`;
      const asked = request(url, { method, agent, headers }, async (response) => {
        let answer = '';
        for await (const chunk of response.setEncoding('utf8')) answer += chunk;
        if (response.statusCode !== 200) reject(new Error(`${path}: ${response.statusCode} ${answer}`));
        else resolve(JSON.parse(answer));
      });
      asked.on('error', reject);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const one = new Agent({ keepAlive: true, maxSockets: 1, ca });
  const other = new Agent({ keepAlive: true, maxSockets: 1, ca });

  for (let first = 0; first < deviceCount; first += 100) {
    const devices = Array.from({ length: Math.min(100, deviceCount - first) }, (_, index) => ({
      id: `device-${first + index}`,
      importMode: 'create',
      tags: { site: `site-${first + index}`, floor: index % 7 },
    }));
    await call(one, 'POST', '/devices', devices);
  }

  const name = `device-${Math.floor(deviceCount / 2)}`;
  const query = (condition: string) => async () => {
    const found = await call(one, 'POST', '/devices/query', {
      query: `SELECT * FROM devices WHERE ${condition}`,
    });
    if ((found as unknown[]).length !== 1)
      throw new Error(`${condition}: ${(found as unknown[]).length} devices`);
  };
  const get = () => call(one, 'GET', `/twins/${name}`);
  const byId = query(`deviceId = '${name}'`);
  const byTag = query(`tags.site = 'site-${Math.floor(deviceCount / 2)}'`);
  const milliseconds = async (act: () => Promise<unknown>) => {
    const started = performance.now();
    await act();
    return performance.now() - started;
  };

  const [gets, ids]: [number[], number[]] = [[], []];
  for (let round = -50; round < rounds; round += 1) {
    const [oneGet, oneQuery] = [await milliseconds(get), await milliseconds(byId)];
    // Both are compiled first.
    if (round >= 0) gets.push(oneGet);
    if (round >= 0) ids.push(oneQuery);
  }
  const ofGet = median(gets);
  const row = (what: string, value: number) =>
    report.line(what, `${value.toFixed(2)} ms`, `${(value / ofGet).toFixed(2)} x the GET`);
  report.line(`GET of one twin of ${deviceCount}`, `${ofGet.toFixed(2)} ms`);
  row("query WHERE deviceId = '...'", median(ids));

  const [tags, waits]: [number[], number[]] = [[], []];
  for (let round = 0; round < 15; round += 1) {
    let isSearching = true;
    const searched = milliseconds(byTag).finally(() => {
      isSearching = false;
    });
    while (isSearching) waits.push(await milliseconds(() => call(other, 'GET', `/twins/${name}`)));
    tags.push(await searched);
  }
  row("query WHERE tags.site = '...', which one device has", median(tags));
  row('GET on another connection, in between', median(waits));
  row('the slowest of them', Math.max(...waits));
  const counts: number[] = [];
  for (let round = 0; round < 15; round += 1)
    counts.push(await milliseconds(() => call(one, 'GET', '/statistics/devices')));
  row('number of devices', median(counts));
  one.destroy();
  other.destroy();
  report.write();
} finally {
  await stopProcesses([child]);
  rmSync(folder, { recursive: true, force: true });
}
