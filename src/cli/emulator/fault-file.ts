/** The faults that `--faults` and `emulator faults set` name: a preset or a file. */

import { type FaultSelection, isPresetName } from '../../emulator/faults/control.js';
import { type FaultFile, faultFileSchema } from '../../emulator/faults/schema.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { readJsonDocument } from '../input/json-document.js';

/** The most rules that a file can have, with all their fields, take a fifth of it. */
const maxBytes = 4 * 1024 * 1024;

/**
 * @param given `mild`, `wild` or the path of a file; `./mild` is a file
 * @throws EnrollkitError FILE_UNREADABLE, or INVALID_FAULTS with file, line and column of each problem
 */
export function readFaults(given: string): FaultSelection {
  if (isPresetName(given)) return given;
  return readJsonDocument(given, faultFileSchema, invalid, { maxBytes }).value satisfies FaultFile;
}

function invalid(message: string): EnrollkitError {
  return new EnrollkitError('INVALID_FAULTS', message, {
    next: sentences.cliEmulator.correctFaults,
  });
}
