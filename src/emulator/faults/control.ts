/** The faults of an emulator: set, listed and cleared while it runs. */

import { randomInt } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import type { EmulatorLog } from '../wire/events.js';
import type { FaultSource, Faults } from '../wire/faults.js';
import { FaultEngine, type RuleCount } from './engine.js';
import { type PresetName, presetNames, presets } from './presets.js';

export type { PresetName };

import { type FaultFile, faultFileSchema } from './schema.js';

/** Rules, or the name of a preset. */
export type FaultSelection = FaultFile | PresetName;

/** What `list` returns. */
export interface FaultList {
  /** Null while no faults were set. */
  seed: number | null;
  /** Empty while there are no faults. */
  rules: RuleCount[];
}

/** Controls the faults of a running emulator. */
export interface FaultControl {
  /**
   * Replaces all rules; their counts begin at 0.
   *
   * @param seed a whole number, from 0 to 2^32 - 1; a random one by default
   * @throws EnrollkitError INVALID_FAULTS, USAGE
   */
  set(faults: FaultSelection, seed?: number): FaultList;
  list(): FaultList;
  /** Removes all rules. */
  clear(): void;
}

/** The largest seed. */
export const maxSeed = 2 ** 32 - 1;

export class EmulatorFaults implements FaultControl, FaultSource {
  #engine: FaultEngine | undefined;
  #seed: number | null = null;
  readonly #options: { now: () => Date; log: EmulatorLog };

  constructor(options: { now: () => Date; log: EmulatorLog }) {
    this.#options = options;
  }

  get current(): Faults | undefined {
    return this.#engine;
  }

  set(faults: FaultSelection, seed: number = randomSeed()): FaultList {
    if (!Number.isInteger(seed) || seed < 0 || seed > maxSeed) {
      throw new EnrollkitError('USAGE', sentences.emulator.invalidFaultSeed(maxSeed));
    }
    const { rules } = parseFaults(faults);
    this.#engine = rules.length === 0 ? undefined : new FaultEngine({ ...this.#options, rules, seed });
    this.#seed = seed;
    return this.list();
  }

  list(): FaultList {
    return { seed: this.#seed, rules: this.#engine?.counts ?? [] };
  }

  clear(): void {
    this.#engine = undefined;
    this.#seed = null;
  }
}

export function randomSeed(): number {
  return randomInt(maxSeed + 1);
}

export function isPresetName(name: unknown): name is PresetName {
  return presetNames.includes(name as PresetName);
}

/** @throws EnrollkitError INVALID_FAULTS, with the `path` of the problem in its context */
function parseFaults(given: unknown) {
  const parsed = faultFileSchema.safeParse(isPresetName(given) ? presets[given] : given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const path = issue.path.join('.') || 'the faults';
  throw new EnrollkitError('INVALID_FAULTS', `${path}: ${issue.message.replace(/\.$/, '')}.`, {
    context: { path: issue.path, problem: issue.message },
  });
}
