/** Finds the emulator of a state folder, and controls it, from another process. */

import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { lockHolder } from '../../workspace/lock.js';
import {
  type EmulatorEndpoints,
  type EndpointsFile,
  emulatorFolder,
  readEndpoints,
  removeEndpoints,
} from '../endpoints.js';
import { hasStateFiles } from '../state/files.js';
import { isFolderLocked, lockOf, stateInUse } from '../state/lock.js';
import { controlProtocol } from '../wire/faults.js';

/**
 * Whether an emulator runs on a folder. The lock decides: the operating system releases it when a process is killed, while
 * its endpoints file stays.
 */
export type Finding = { kind: 'stopped' } | { kind: 'starting' } | ({ kind: 'running' } & EndpointsFile);

/** @throws EnrollkitError FILE_UNREADABLE, EMULATOR_STATE_UNREADABLE */
export function findEmulator(directory: string): Finding {
  const folder = emulatorFolder(directory);
  if (!isFolderLocked(folder)) return { kind: 'stopped' };
  const file = readEndpoints(folder);
  return file === undefined ? { kind: 'starting' } : { kind: 'running', ...file };
}

/**
 * The endpoints of the emulator that runs on a state folder, in this process or another; undefined if none runs, or
 * it is still starting.
 *
 * @throws EnrollkitError FILE_UNREADABLE
 */
export async function runningEmulator(directory: string): Promise<EmulatorEndpoints | undefined> {
  const finding = findEmulator(directory);
  return finding.kind === 'running' ? finding.endpoints : undefined;
}

/** Whether an emulator has been started on a folder, and its state is still there. */
export function hasState(directory: string): boolean {
  return hasStateFiles(emulatorFolder(directory));
}

/** How long an emulator may take to start or stop; it usually takes a second or two. */
export const patienceMs = 15_000;

/**
 * Waits while an emulator is starting.
 *
 * @throws EnrollkitError EMULATOR_STATE_IN_USE, naming the process that has the folder and does not come to an end of
 *   starting; and as {@link findEmulator}
 */
export async function settled(directory: string): Promise<Finding> {
  const folder = emulatorFolder(directory);
  for (const until = Date.now() + patienceMs; ; await setTimeout(25)) {
    const finding = findEmulator(directory);
    if (finding.kind !== 'starting') return finding;
    const holder = lockHolder(lockOf(folder));
    if (holder && Date.now() > until) throw stateInUse(folder, holder);
  }
}

/** Waits until no process has the folder locked; false when one still has after {@link patienceMs}. */
export async function released(directory: string): Promise<boolean> {
  const folder = emulatorFolder(directory);
  for (const until = Date.now() + patienceMs; isFolderLocked(folder); await setTimeout(25)) {
    if (Date.now() > until) return false;
  }
  return true;
}

/** Removes the endpoints file of a killed emulator; call it only for a folder that is not locked. */
export function forgetEndpoints(directory: string): void {
  removeEndpoints(emulatorFolder(directory));
}

/** Faults leave such a connection alone. An option of tls.connect, which the types of node:https leave out. */
const offersControl: object = { ALPNProtocols: [controlProtocol, 'http/1.1'] };

export interface ControlReply {
  status: number;
  body: unknown;
}

/**
 * Calls one of a running emulator's own operations, with its token.
 *
 * @throws EnrollkitError NETWORK when it does not answer
 */
export async function askEmulator(
  { armEndpoint, armToken, caFile }: EmulatorEndpoints,
  method: string,
  path: string,
  body?: unknown,
): Promise<ControlReply> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  // Most commands do not ask.
  const { request } = await import('node:https');
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) =>
      reject(
        new EnrollkitError('NETWORK', sentences.emulator.noResponse(armEndpoint, cause.message), {
          cause,
        }),
      );
    const outgoing = request(
      new URL(path, armEndpoint),
      {
        method,
        ca: readFileSync(caFile),
        agent: false,
        ...offersControl,
        timeout: 10_000,
        headers: {
          authorization: `Bearer ${armToken}`,
          ...(text === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        },
      },
      async (response) => {
        try {
          let answer = '';
          for await (const chunk of response.setEncoding('utf8')) answer += chunk;
          resolve({ status: response.statusCode!, body: answer === '' ? undefined : JSON.parse(answer) });
        } catch (error) {
          fail(error as Error);
        }
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(sentences.emulator.timedOut)));
    outgoing.on('error', fail);
    outgoing.end(text);
  });
}
