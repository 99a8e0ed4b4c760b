/** The file that `emulator start --seed` names. */

import { dirname, resolve } from 'node:path';
import { type EmulatorSeed, emulatorSeedSchema } from '../../emulator/seed/seed-schema.js';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { readInputFile } from '../input/input-file.js';
import { readJsonDocument } from '../input/json-document.js';

export interface SeedFile {
  seed: EmulatorSeed;
  /** An error of the emulator about the seed, with its place in the file; any other as it is. */
  placed(error: unknown): unknown;
}

/**
 * Reads a seed. A certificate may be in a separate file: `certificateFile`, relative to the seed, in place of
 * `certificate`.
 *
 * @throws EnrollkitError FILE_UNREADABLE, or INVALID_SEED with file, line and column of each problem
 */
export function readSeedFile(path: string): SeedFile {
  const folder = path === '-' ? process.cwd() : dirname(resolve(path));
  const { value, at } = readJsonDocument(path, emulatorSeedSchema(), invalid, {
    prepare: (document, placeOf) => withCertificates(document, folder, placeOf, []),
  });
  return {
    seed: value,
    placed(error) {
      if (!(error instanceof EnrollkitError) || error.code !== 'INVALID_SEED') return error;
      const { path: place, problem } = error.context as { path: (string | number)[]; problem: string };
      return invalid(sentences.emulator.problemAt(at(place), problem.replace(/[.。]$/, '')));
    },
  };
}

function withCertificates(
  value: unknown,
  folder: string,
  placeOf: (path: readonly PropertyKey[]) => string,
  path: readonly (string | number)[],
): unknown {
  if (Array.isArray(value)) {
    return value.map((item, index) => withCertificates(item, folder, placeOf, [...path, index]));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => {
      const place = [...path, name];
      if (name !== 'certificateFile') return [name, withCertificates(member, folder, placeOf, place)];
      if (typeof member !== 'string') throw invalid(sentences.cliEmulator.fileNameHere(placeOf(place)));
      if ('certificate' in value) {
        throw invalid(sentences.cliEmulator.certificateOrFile(placeOf(place)));
      }
      try {
        return ['certificate', readInputFile(resolve(folder, member))];
      } catch (error) {
        throw invalid(`${placeOf(place)}: ${(error as Error).message}`);
      }
    }),
  );
}

function invalid(message: string): EnrollkitError {
  return new EnrollkitError('INVALID_SEED', message, {
    next: sentences.cliEmulator.correctSeed,
  });
}
