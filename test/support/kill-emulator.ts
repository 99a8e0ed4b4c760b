/** Kills an emulator with SIGKILL while clients write, starts it again, and looks for every write that it acknowledged. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { EmulatorEndpoints } from '../../src/emulator/start.js';
import { type Answer, type Client, clientOf, ownerToken } from '../emulator/support.js';
import { startEmulatorProcess } from './emulator-process.js';
import { hubToken } from './mutated-inputs/conversations.js';
import { seededRandom } from './mutated-inputs/mutations.js';
import { inTemporaryFolder } from './temporary-folder.js';

export interface KillResult {
  kills: number;
  /** Writes that were answered with success, over all rounds. */
  acknowledged: number;
  /** Writes without an answer. */
  interrupted: number;
  problems: string[];
}

/** Something that one client writes again and again: what it has is the number of the last write. */
interface Thing {
  write(number: number, isFirst: boolean): Promise<Answer>;
  /** The number that is there; 0 when the thing is not there. */
  read(): Promise<number>;
  acknowledged: number;
  /** Sent, perhaps without an answer. */
  sent: number;
}

const things = 8;

/**
 * @param kills how often the emulator is killed; its state stays from one to the next
 * @param seed of the moments
 */
export function killEmulatorUnderLoad(kills: number, seed: number): Promise<KillResult> {
  return inTemporaryFolder(async (folder) => {
    const dir = join(folder, 'state');
    const random = seededRandom(seed);
    const result: KillResult = { kills, acknowledged: 0, interrupted: 0, problems: [] };
    let emulator = await startEmulatorProcess(dir);
    let all = thingsOf(emulator.endpoints as unknown as EmulatorEndpoints, []);
    try {
      for (let round = 1; round <= kills; round += 1) {
        let over = false;
        const load = all.map(async (thing) => {
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
            result.acknowledged += 1;
          }
        });
        await wait(150 + random() * 600);
        emulator.process.kill('SIGKILL');
        await once(emulator.process, 'exit');
        over = true;
        await Promise.all(load);
        emulator = await startEmulatorProcess(dir);
        all = thingsOf(emulator.endpoints as unknown as EmulatorEndpoints, all);
        for (const [index, thing] of all.entries()) {
          const found = await thing.read();
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

/** Enrollments, and twins of hub devices. @param before the same things before a restart, which changes the ports */
function thingsOf(endpoints: EmulatorEndpoints, before: readonly Thing[]): Thing[] {
  const client = clientOf(endpoints);
  const agent = new Agent({ keepAlive: true, maxSockets: things, ca: readFileSync(endpoints.caFile) });
  return Array.from({ length: things }, (_, index) => ({
    acknowledged: before[index]?.acknowledged ?? 0,
    sent: before[index]?.sent ?? 0,
    ...(index % 2 === 0
      ? enrollment(client, endpoints, agent, index)
      : hubDevice(client, endpoints, agent, index)),
  }));
}

type Access = Pick<Thing, 'write' | 'read'>;

function enrollment(client: Client, endpoints: EmulatorEndpoints, agent: Agent, index: number): Access {
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

function hubDevice(client: Client, endpoints: EmulatorEndpoints, agent: Agent, index: number): Access {
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
