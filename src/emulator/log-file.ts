/** The log file of an emulator that runs in the background. */
import { join } from 'node:path';
import { emulatorFolder } from './endpoints.js';

/** Absolute. */
export function logFileOf(directory: string): string {
  return join(emulatorFolder(directory), 'emulator.log');
}
