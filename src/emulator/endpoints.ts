/** What clients need to know about a running emulator, and the file that tells other processes while it runs. */
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { EmulatorEndpoints } from '../dps/contract/emulator-endpoints.js';
import { readTextIfExists, secretFileMode, writeFileAtomically } from '../workspace/files.js';

export type { EmulatorEndpoints } from '../dps/contract/emulator-endpoints.js';

const fileName = 'endpoints.json';

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
 * Reads the file, whose process may be gone; undefined if the file is missing or malformed.
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
