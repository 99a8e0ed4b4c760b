/** Where an emulator in the background writes what it has to tell. */
import { join } from 'node:path';
import { emulatorFolder } from './endpoints.js';

/** Absolute. */
export function logFileOf(directory: string): string {
  return join(emulatorFolder(directory), 'emulator.log');
}
