/** Quickstarts against an emulator that misbehaves: the same command again and again, until it succeeds. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../cli/in-process.js';
import { type Client, clientOf } from '../emulator/support.js';
import { startEmulatorProcess } from './emulator-process.js';
import { inTemporaryFolder } from './temporary-folder.js';

export interface WildOutcome {
  /** How often the command ran, the last time with success. */
  runs: number;
  /** What the runs before the last one ended with: exit status and the first line. */
  failures: string[];
  /** How many faults were injected. */
  injected: number;
  /** Messages whose acknowledgement was lost, and that a later run sent again. */
  repeatedMessages: number;
}

const devices = ['device-001', 'device-002', 'device-003'];
/** As documented: a run that failed is run again at most three times. */
const maxRuns = 4;
/** Milliseconds: what the fault `late` of the preset waits at most, and time for the delivery itself. */
const longestDelay = 600;

/**
 * Runs a quickstart under the preset `wild` until it succeeds, compares its end with that of an undisturbed run, and
 * cleans up.
 *
 * @param seed of the faults
 * @param protocol over which the devices register
 * @throws AssertionError when it does not succeed in four runs, its end is wrong, or something stays after `clean`
 */
export function quickstartUnderWild(seed: number, protocol = 'mqtt'): Promise<WildOutcome> {
  return inTemporaryFolder(async (cwd) => {
    const dir = join(cwd, 'certs');
    const flags = ['--faults', 'wild', '--fault-seed', String(seed)];
    const emulator = await startEmulatorProcess(join(dir, '.enrollkit'), flags);
    try {
      const failures: string[] = [];
      let status: number | null = 1;
      while (status !== 0) {
        assert.ok(failures.length < maxRuns, `seed ${seed}: ${maxRuns} runs\n${failures.join('\n')}`);
        const ended = await run(['quickstart', '--yes', '--protocol', protocol, '--dir', dir], { cwd });
        status = ended.status;
        if (status !== 0)
          failures.push(`${status} ${/^error: .*$/m.exec(ended.stderr)?.[0] ?? ended.stderr}`);
      }
      const injected = await faultsOf(dir);
      assert.equal((await run(['emulator', 'faults', 'clear', '--dir', dir])).status, 0);
      const client = clientOf(emulator.endpoints as never);
      const repeatedMessages = await assertRightEnd(client, dir);
      const cleaned = await run(['clean', '--yes', '--dir', dir], { cwd });
      assert.equal(cleaned.status, 0, cleaned.stderr);
      await assertNothingLeft(client);
      return { runs: failures.length + 1, failures, injected, repeatedMessages };
    } finally {
      await emulator.stop();
    }
  });
}

async function faultsOf(dir: string): Promise<number> {
  const { stdout } = await run(['emulator', 'faults', 'list', '--json', '--dir', dir]);
  const { rules } = JSON.parse(stdout) as { rules: { injected: number }[] };
  return rules.reduce((sum, { injected }) => sum + injected, 0);
}

interface Message {
  deviceId: string;
  systemProperties: { messageId?: string };
}

/** @returns how many messages came more than once */
async function assertRightEnd(client: Client, dir: string): Promise<number> {
  const certificates = await client.arm('GET', '/certificates');
  assert.deepEqual(
    certificates.body.value.map((one: { properties: { isVerified: boolean } }) => one.properties.isVerified),
    [true],
    'one CA, verified',
  );
  assert.equal((await client.service('GET', '/enrollmentGroups/enrollkit-devices')).status, 200);
  for (const id of devices) {
    assert.equal((await client.service('GET', `/registrations/${id}`)).body.status, 'assigned', id);
  }
  const messages = await deliveredMessages(dir);
  // A lost acknowledgement: the message is sent again, with the same message ID, so that a consumer can tell.
  const distinct = new Map(messages.map((message) => [message.systemProperties.messageId, message.deviceId]));
  assert.deepEqual([...distinct.values()].sort(), devices, 'one message of each device');
  return messages.length - distinct.size;
}

/** The messages at the hub. The fault `late` delivers some of them up to 400 ms after their acknowledgement. */
async function deliveredMessages(dir: string): Promise<Message[]> {
  await sleep(longestDelay);
  const { stdout } = await run(['emulator', 'messages', '--json', '--dir', dir]);
  return (JSON.parse(stdout) as { messages: Message[] }).messages;
}

async function assertNothingLeft(client: Client): Promise<void> {
  assert.deepEqual((await client.arm('GET', '/certificates')).body.value, []);
  assert.equal((await client.service('GET', '/enrollmentGroups/enrollkit-devices')).status, 404);
  for (const id of devices)
    assert.equal((await client.service('GET', `/registrations/${id}`)).status, 404, id);
}
