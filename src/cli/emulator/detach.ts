/** Starts an emulator in a separate process that outlives this one. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { patienceMs, settled } from '../../emulator/control/running.js';
import { type EmulatorEndpoints, emulatorFolder } from '../../emulator/endpoints.js';
import { logFileOf } from '../../emulator/log-file.js';
import { EnrollkitError, type ErrorCode, errorTable } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { programFile } from '../../package-files.js';
import {
  ensureFolder,
  lookAt,
  missingFolders,
  removeIfEmpty,
  secretFileMode,
  unwritable,
} from '../../workspace/files.js';
import { camelCase, type Flags, type FlagValues } from '../kernel/flags.js';
import { logFileFor } from '../target/emulator-log.js';
import { dirFlagFor } from './running-emulator.js';

export interface DetachRequest {
  /** The state folder, as it was typed. */
  dir: string;
  /** Of `emulator start`. */
  arguments: string[];
  signal: AbortSignal;
}

/**
 * Resolves when the emulator is ready.
 *
 * @throws EnrollkitError as `emulator start` does, EMULATOR_STATE_IN_USE, TIMEOUT
 */
export async function startDetached({
  dir,
  arguments: arguments_,
  signal,
}: DetachRequest): Promise<EmulatorEndpoints> {
  const finding = await settled(dir);
  if (finding.kind === 'running') {
    throw new EnrollkitError(
      'EMULATOR_STATE_IN_USE',
      sentences.cliEmulator.runsAlready(resolve(dir), finding.pid),
      { next: sentences.cliEmulator.useOrStop(dirFlagFor(dir)) },
    );
  }
  const made = missingFolders(emulatorFolder(dir));
  const isNewLog = !lookAt(logFileFor(dir));
  ensureFolder(emulatorFolder(dir));
  const log = openLog(dir);
  const child = spawn(
    process.execPath,
    [fileURLToPath(programFile('bin')), 'emulator', 'start', ...arguments_, '--json'],
    { detached: true, windowsHide: true, stdio: ['ignore', 'pipe', log] },
  );
  closeSync(log);
  try {
    return await ready(child, dir, signal);
  } catch (error) {
    child.kill();
    // An error that does not name the log says it all.
    if (isNewLog && error instanceof EnrollkitError && error.context.log === undefined) {
      rmSync(logFileOf(dir), { force: true });
      made.forEach(removeIfEmpty);
    }
    throw error;
  } finally {
    child.stdout!.destroy();
    child.unref();
  }
}

/** @throws EnrollkitError FILE_EXISTS, FILE_UNWRITABLE */
function openLog(dir: string): number {
  const file = logFileFor(dir);
  try {
    return openSync(file, 'a', secretFileMode);
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

/** It says that it is ready on one line; an error is a longer text, and the end. */
async function ready(child: ChildProcess, dir: string, signal: AbortSignal): Promise<EmulatorEndpoints> {
  const tooLate = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  let text = '';
  try {
    const line = new Promise<void>((said) => {
      child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (/^\{.+\}\n/.test(text)) said();
      });
    });
    await Promise.race([line, once(child, 'close', { signal: tooLate })]);
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw new EnrollkitError('TIMEOUT', sentences.cliEmulator.notReady(patienceMs / 1000), {
      next: sentences.cliEmulator.readLog(logFileOf(dir)),
      context: { log: logFileOf(dir) },
      cause,
    });
  }
  const answer = (text === '' ? {} : JSON.parse(text)) as EmulatorEndpoints & { error?: Reported };
  if (answer.armEndpoint !== undefined) return answer;
  throw asError(answer.error, dir);
}

/** What `--json` says of an error. */
interface Reported {
  code: string;
  message: string;
  next: string;
  context: Record<string, unknown>;
}

function asError(reported: Reported | undefined, dir: string): EnrollkitError {
  if (reported === undefined || !(reported.code in errorTable)) {
    return new EnrollkitError('INTERNAL', sentences.cliEmulator.endedEarly, {
      next: sentences.cliEmulator.readLog(logFileOf(dir)),
      context: { log: logFileOf(dir) },
    });
  }
  const { code, message, next, context } = reported;
  return new EnrollkitError(code as ErrorCode, message, { next, context });
}

/** The words of a command line that gives these flags. */
export function argumentsOf(declared: Flags, values: FlagValues<Flags>): string[] {
  return Object.entries(declared).flatMap(([name, flag]) => {
    const value = values[camelCase(name)];
    if (value === undefined) return [];
    if (flag.kind === 'switch') return value === true ? [`--${name}`] : [];
    return (Array.isArray(value) ? value : [value]).flatMap((one) => [`--${name}`, String(one)]);
  });
}
