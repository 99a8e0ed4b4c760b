/** Kills an emulator with SIGKILL while clients write, starts it again, and looks for every write that it acknowledged. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { EmulatorEndpoints } from '../../src/emulator/start.js';
import { type Client, clientOf, ownerToken } from '../emulator/support.js';
import {
  type Access,
  amqpTelemetry,
  mqttTelemetry,
  registrations,
  reportedProperties,
} from './device-writes.js';
import { startEmulatorProcess } from './emulator-process.js';
import { hubToken } from './mutated-inputs/conversations.js';
import { seededRandom } from './mutated-inputs/mutations.js';
import { inTemporaryFolder } from './temporary-folder.js';

export interface KillResult {
  kills: number;
  /** Writes that were answered with success, over all rounds. */
  acknowledged: number;
  /** The same by what was written. */
  acknowledgedOf: Record<string, number>;
  /** Writes without an answer. */
  interrupted: number;
  problems: string[];
}

/** Something that one client writes again and again: what it has is the number of the last write. */
interface Thing extends Access {
  acknowledged: number;
  /** Sent, perhaps without an answer. */
  sent: number;
}

const things = 12;

/**
 * @param kills how often the emulator is killed; its state stays from one to the next
 * @param seed of the moments
 */
export function killEmulatorUnderLoad(kills: number, seed: number): Promise<KillResult> {
  return inTemporaryFolder(async (folder) => {
    const dir = join(folder, 'state');
    const random = seededRandom(seed);
    const result: KillResult = { kills, acknowledged: 0, acknowledgedOf: {}, interrupted: 0, problems: [] };
    let emulator = await startEmulatorProcess(dir);
    let all = thingsOf(emulator.endpoints as unknown as EmulatorEndpoints, []);
    try {
      for (let round = 1; round <= kills; round += 1) {
        let over = false;
        const begun: Promise<void>[] = [];
        const load = all.map(async (thing, index) => {
          let hasBegun = () => {};
          begun.push(
            new Promise((resolve) => {
              hasBegun = resolve;
            }),
          );
          while (!over) {
            thing.sent += 1;
            const answer = await thing.write(thing.sent, thing.acknowledged === 0).catch(() => undefined);
            if (answer === undefined) {
              result.interrupted += 1;
              return;
            }
            if (answer.status !== 200) {
              result.problems.push(`round ${round}: status ${answer.status} ${JSON.stringify(answer.body)}`);
              return;
            }
            thing.acknowledged = thing.sent;
            hasBegun();
            result.acknowledged += 1;
            result.acknowledgedOf[kindOf(index)] = (result.acknowledgedOf[kindOf(index)] ?? 0) + 1;
          }
        });
        // Clients that are still connecting would write nothing.
        await Promise.race([Promise.all(begun), wait(10_000)]);
        await wait(100 + random() * 600);
        emulator.process.kill('SIGKILL');
        await once(emulator.process, 'exit');
        over = true;
        await Promise.all(load);
        emulator = await startEmulatorProcess(dir);
        all = thingsOf(emulator.endpoints as unknown as EmulatorEndpoints, all);
        for (const [index, thing] of all.entries()) {
          const found = await thing.read(thing.sent);
          if (found !== thing.acknowledged && found !== thing.sent) {
            result.problems.push(
              `round ${round}, thing ${index}: write ${thing.acknowledged} was acknowledged, ${thing.sent} sent, and ${found} is there`,
            );
          }
          // An unanswered write that was not made is not missed.
          thing.acknowledged = found;
          thing.sent = found;
        }
      }
    } finally {
      await emulator.stop();
    }
    return result;
  });
}

/** Two of each kind. @param before the same things before a restart, which changes the ports */
function thingsOf(endpoints: EmulatorEndpoints, before: readonly Thing[]): Thing[] {
  const client = clientOf(endpoints);
  const agent = new Agent({ keepAlive: true, maxSockets: things, ca: readFileSync(endpoints.caFile) });
  return Array.from({ length: things }, (_, index) => ({
    acknowledged: before[index]?.acknowledged ?? 0,
    sent: before[index]?.sent ?? 0,
    ...makers[kindOf(index)](client, endpoints, index, agent),
  }));
}

const makers = { enrollment, hubDevice, reportedProperties, mqttTelemetry, amqpTelemetry, registrations };
const kinds = Object.keys(makers) as (keyof typeof makers)[];
const kindOf = (index: number) => kinds[index % kinds.length]!;

function enrollment(client: Client, endpoints: EmulatorEndpoints, index: number, agent: Agent): Access {
  const registrationId = `thing-${index}`;
  const path = `/enrollments/${registrationId}?api-version=2021-10-01`;
  const headers = { authorization: ownerToken(endpoints), 'if-match': '*' };
  return {
    write: (number, isFirst) =>
      client.call({
        method: 'PUT',
        path,
        agent,
        // The first write creates it, and an etag would have to match.
        headers: isFirst ? { authorization: headers.authorization } : headers,
        body: {
          registrationId,
          attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: '', secondaryKey: '' } },
          initialTwin: { tags: { number }, properties: { desired: {} } },
        },
      }),
    async read() {
      const { status, body } = await client.call({ path, agent, headers });
      return status === 200 ? body.initialTwin.tags.number : 0;
    },
  };
}

function hubDevice(client: Client, endpoints: EmulatorEndpoints, index: number, agent: Agent): Access {
  const deviceId = `thing-${index}`;
  const headers = { authorization: hubToken(endpoints), 'if-match': '*' };
  const path = (folder: string) => `/${folder}/${deviceId}?api-version=2021-04-12`;
  return {
    async write(number, isFirst) {
      // The device itself is created before its first write.
      if (isFirst) {
        await client.call({
          method: 'PUT',
          path: path('devices'),
          agent,
          headers: { authorization: headers.authorization },
          body: { deviceId },
        });
      }
      return client.call({
        method: 'PATCH',
        path: path('twins'),
        agent,
        headers,
        body: { tags: { number } },
      });
    },
    async read() {
      const { status, body } = await client.call({ path: path('twins'), agent, headers });
      return status === 200 ? (body.tags?.number ?? 0) : 0;
    },
  };
}
