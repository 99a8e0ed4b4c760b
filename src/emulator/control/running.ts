/** The emulator of a state folder, seen and told from another process. */
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { setTimeout } from 'node:timers/promises';
import { EnrollkitError } from '../../errors.js';
import {
  type EmulatorEndpoints,
  type EndpointsFile,
  emulatorFolder,
  readEndpoints,
  removeEndpoints,
} from '../endpoints.js';
import { isFolderLocked } from '../state/lock.js';

/**
 * How it stands with a folder. The lock says so, which the operating system takes back from a process that is killed;
 * what that one noted counts for nothing.
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
 * Waits until an emulator that is starting has started.
 *
 * @throws EnrollkitError TIMEOUT, and as {@link findEmulator}
 */
export async function settled(directory: string, withinMs: number): Promise<Finding> {
  for (const until = Date.now() + withinMs; ; await setTimeout(25)) {
    const finding = findEmulator(directory);
    if (finding.kind !== 'starting') return finding;
    if (Date.now() > until) {
      throw new EnrollkitError('TIMEOUT', `The emulator on ${directory} neither starts nor ends.`);
    }
  }
}

/** Waits until no process has the folder; false when one still has it after this time. */
export async function released(directory: string, withinMs: number): Promise<boolean> {
  const folder = emulatorFolder(directory);
  for (const until = Date.now() + withinMs; isFolderLocked(folder); await setTimeout(25)) {
    if (Date.now() > until) return false;
  }
  return true;
}

/** Takes away what a killed emulator noted; only for a folder that is not locked. */
export function forgetEndpoints(directory: string): void {
  removeEndpoints(emulatorFolder(directory));
}

export interface ControlReply {
  status: number;
  body: unknown;
}

/**
 * Asks a running emulator something, with its own token.
 *
 * @throws EnrollkitError NETWORK when it does not answer
 */
export function askEmulator(
  { armEndpoint, armToken, caFile }: EmulatorEndpoints,
  method: string,
  path: string,
  body?: unknown,
): Promise<ControlReply> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) =>
      reject(
        new EnrollkitError('NETWORK', `The emulator at ${armEndpoint} does not answer: ${cause.message}.`, {
          cause,
        }),
      );
    const asked = request(
      new URL(path, armEndpoint),
      {
        method,
        ca: readFileSync(caFile),
        agent: false,
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
    asked.on('timeout', () => asked.destroy(new Error('no answer in time')));
    asked.on('error', fail);
    asked.end(text);
  });
}
