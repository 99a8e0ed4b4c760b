/** Sends mutated inputs to everything that an emulator listens on, and looks for crashes, hangs and intruders. */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { controlPaths, type MessagesReply } from '../../../src/emulator/control/paths.js';
import { askEmulator } from '../../../src/emulator/control/running.js';
import type { EmulatorEndpoints } from '../../../src/emulator/start.js';
import { startEmulatorProcess } from '../emulator-process.js';
import { inTemporaryFolder } from '../temporary-folder.js';
import { certificateDevice, type Scene, sasDevice, setScene } from './conversations.js';
import { type Input, intruder, type Kind, kinds, makersOf, sendInput } from './inputs.js';
import { seededRandom } from './mutations.js';

export interface MutationResult {
  /** How many inputs of each kind were sent. */
  sent: Record<Kind, number>;
  /** What went wrong; empty when all is well. */
  problems: string[];
  /** Milliseconds: how long the slowest answer to an honest request took. On a busy machine, not only its own work. */
  slowestPing: number;
}

/** Of a hundred inputs. */
const shares: Record<Kind, number> = {
  http: 28,
  mqtt: 18,
  amqp: 18,
  upgrade: 5,
  frames: 12,
  token: 11,
  certificate: 5,
  tls: 3,
};

const atOnce = 24;
const stallWatch = fileURLToPath(new URL('../stall-watch.mjs', import.meta.url));

/**
 * @param count of inputs, over all kinds
 * @param seed the same one makes the same inputs, apart from keys, certificates and tokens, which are new each time
 * @param progress called now and then with the number of inputs sent
 */
export function sendMutatedInputs(
  count: number,
  seed: number,
  progress: (sent: number) => void = () => {},
): Promise<MutationResult> {
  return inTemporaryFolder(async (folder) => {
    const dir = join(folder, 'state');
    const emulator = await startEmulatorProcess(dir, [], { nodeFlags: ['--import', stallWatch] });
    const endpoints = emulator.endpoints as unknown as EmulatorEndpoints;
    const problems: string[] = [];
    const sent = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<Kind, number>;
    let slowestPing = 0;
    let finished = false;
    try {
      const scene = await setScene(endpoints);
      const { makers, honest } = await makersOf(scene);
      for (const input of honest) {
        const answer = await sendInput(input, endpoints.ports, scene.tls.ca, 300);
        if (!input.isServed?.(answer ?? Buffer.alloc(0))) {
          problems.push(`an honest input is not served: ${shown(input)} ${shown({ parts: [answer!] })}`);
        }
      }
      await scene.client.service('DELETE', `/enrollments/${intruder}`);
      const messagesBefore = await messagesOfIntruder(endpoints);
      const pinging = (async () => {
        while (!finished) {
          const begun = performance.now();
          await askEmulator(endpoints, 'GET', controlPaths.clock).catch((error: Error) => {
            if (!finished) problems.push(`an honest request failed: ${error.message}`);
          });
          slowestPing = Math.max(slowestPing, performance.now() - begun);
          await wait(200);
        }
      })();
      let next = 0;
      const worker = async () => {
        while (next < count && emulator.process.exitCode === null && emulator.process.signalCode === null) {
          const number = next;
          next += 1;
          if (number % 1000 === 999) progress(number + 1);
          const random = seededRandom(seed * 1_000_003 + number);
          const kind = kindOf(random() * 100);
          let input: Input | undefined;
          let answer: Buffer | undefined;
          // Chance may make what is none.
          for (let attempt = 0; attempt < 50 && answer === undefined; attempt += 1) {
            input = makers[kind](random);
            if (input !== undefined) answer = await sendInput(input, endpoints.ports, scene.tls.ca);
          }
          sent[kind] += 1;
          if (answer !== undefined && input?.isServed?.(answer)) {
            problems.push(
              `input ${number} (${kind}) was served: ${shown(input)} was answered ${shown({ parts: [answer] })}`,
            );
          }
        }
      };
      await Promise.all(Array.from({ length: atOnce }, worker));
      finished = true;
      await pinging;
      problems.push(
        ...(await aftermath(scene, messagesBefore).catch((error: Error) => [
          `the emulator no longer works: ${error.message}`,
        ])),
      );
    } finally {
      finished = true;
      const { exitCode, signalCode } = emulator.process;
      if (exitCode !== null || signalCode !== null)
        problems.push(`the emulator ended: ${exitCode ?? signalCode}`);
      await emulator.stop();
      problems.push(
        ...emulator
          .complaints()
          .split('\n')
          .filter((line) => /stalled:|nhandled|defect|Error:/.test(line)),
      );
    }
    return { sent, problems, slowestPing: Math.round(slowestPing) };
  });
}

function kindOf(share: number): Kind {
  let left = share;
  for (const kind of kinds) {
    left -= shares[kind];
    if (left < 0) return kind;
  }
  return kinds[0];
}

function shown({ parts }: Pick<Input, 'parts'>): string {
  return JSON.stringify(Buffer.concat(parts).toString('latin1').slice(0, 500));
}

/** What honest clients find afterwards. */
async function aftermath({ client, endpoints, chain }: Scene, messagesBefore: number): Promise<string[]> {
  const problems: string[] = [];
  // Mutated requests with a right token may have changed anything, as their sender may.
  await askEmulator(endpoints, 'DELETE', controlPaths.faults);
  await askEmulator(endpoints, 'PUT', controlPaths.clock, { reset: true });
  const { status } = await client.service('GET', `/enrollments/${intruder}`);
  if (status !== 404) problems.push(`there is an enrollment of an intruder: ${status}`);
  const messages = (await messagesOfIntruder(endpoints)) - messagesBefore;
  if (messages > 0) problems.push(`${messages} messages of intruders were taken`);
  const registered = await client.register(certificateDevice, chain);
  if (registered.body?.status !== 'assigned') {
    problems.push(`a device cannot register any more: ${JSON.stringify(registered.body)}`);
  }
  return problems;
}

async function messagesOfIntruder(endpoints: EmulatorEndpoints): Promise<number> {
  const path = `${controlPaths.messages}?deviceId=${sasDevice}&limit=1000`;
  const { body } = await askEmulator(endpoints, 'GET', path);
  return (body as MessagesReply).messages.filter((message) => message.body === intruder).length;
}
