/** What clients need to know about a running emulator, and the file that tells other processes while it runs. */
import { X509Certificate } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { join, resolve } from 'node:path';
import { resourcesApiVersions } from '../dps/contract/api-versions.js';
import type { EmulatorEndpoints } from '../dps/contract/emulator-endpoints.js';
import { routePath, routes } from '../dps/contract/routes.js';
import { readTextIfExists, secretFileMode, writeFileAtomically } from '../workspace/files.js';

export type { EmulatorEndpoints } from '../dps/contract/emulator-endpoints.js';

const fileName = 'endpoints.json';
const answerWithinMs = 2000;

/** The emulator's own folder within a state folder. */
export function emulatorFolder(directory: string): string {
  return join(resolve(directory), 'emulator');
}

/** The content of the file. */
export interface EndpointsFile {
  endpoints: EmulatorEndpoints;
  /** The process in which the emulator runs. */
  pid: number;
  /** When the emulator was started or last reset. ISO 8601, UTC. */
  since: string;
}

/** Tells other processes how to reach the emulator of this process. */
export function writeEndpoints(folder: string, endpoints: EmulatorEndpoints): void {
  const content = { ...endpoints, pid: process.pid, since: new Date().toISOString() };
  const text = `${JSON.stringify(content, null, 2)}\n`;
  writeFileAtomically(join(folder, fileName), text, secretFileMode);
}

/**
 * Reads the file, whose process may be gone; undefined when there is none, or it is malformed.
 *
 * @throws EnrollkitError FILE_UNREADABLE
 */
export function readEndpoints(folder: string): EndpointsFile | undefined {
  const text = readTextIfExists(join(folder, fileName));
  if (text === undefined) return undefined;
  try {
    const { pid, since, ...endpoints } = JSON.parse(text) as EmulatorEndpoints &
      Omit<EndpointsFile, 'endpoints'>;
    return { pid, since, endpoints };
  } catch {
    return undefined;
  }
}

/** Removes the file, if there is one. */
export function removeEndpoints(folder: string): void {
  rmSync(join(folder, fileName), { force: true });
}

/**
 * The emulator that runs on a state folder, in this process or another; undefined when there is none, or it does not
 * answer.
 *
 * @throws EnrollkitError FILE_UNREADABLE
 */
export async function runningEmulator(directory: string): Promise<EmulatorEndpoints | undefined> {
  const file = readEndpoints(emulatorFolder(directory));
  if (file === undefined) return undefined;
  try {
    process.kill(file.pid, 0);
    return (await isAnswering(file.endpoints)) ? file.endpoints : undefined;
  } catch {
    // The file of a process that was killed.
    return undefined;
  }
}

/** Whether the emulator itself answers. Its subscription identifies it: its services come and go. */
function isAnswering({ armEndpoint, armToken, caFile, subscriptionId }: EmulatorEndpoints): Promise<boolean> {
  const path = routePath(routes.arm.getSubscription, { subscriptionId });
  const ca = readFileSync(caFile, 'utf8');
  return new Promise((resolve) => {
    const outgoing = request(
      new URL(`${path}?api-version=${resourcesApiVersions[0]}`, armEndpoint),
      {
        ca: new X509Certificate(ca).toString(),
        headers: { authorization: `Bearer ${armToken}` },
        agent: false,
        timeout: answerWithinMs,
      },
      async (response) => {
        let body = '';
        for await (const chunk of response.setEncoding('utf8')) body += chunk;
        resolve(response.statusCode === 200 && body.includes(JSON.stringify(subscriptionId)));
      },
    );
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.on('error', () => resolve(false));
    outgoing.end();
  });
}
