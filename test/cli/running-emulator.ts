/** Commands against one emulator that runs in this process: starting one for each command would cost most of a test. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emulatorTarget, type Target } from '../../src/dps/client/target.js';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../src/emulator/start.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { type Answer, run } from './in-process.js';

export interface CommandWorld {
  /** The certificate folder; it does not exist until a command creates it, apart from the emulator's state. */
  folder: string;
  emulator: Emulator;
  target: Target;
  /** Runs a command with `--dir` of the folder. */
  enrollkit(...argv: string[]): Promise<Answer>;
  /** The same with `--json`: the object on standard output. Fails unless the command ends with the status. */
  json(argv: readonly string[], status?: number): Promise<any>;
}

export async function inCommandWorld(
  act: (world: CommandWorld) => Promise<void>,
  options: Partial<EmulatorOptions> = {},
): Promise<void> {
  await inTemporaryFolder(async (top) => {
    const folder = join(top, 'certs');
    const emulator = await startEmulator({ dir: join(folder, '.enrollkit'), ...options });
    const target = emulatorTarget(emulator.endpoints, readFileSync(emulator.endpoints.caFile, 'utf8'));
    const enrollkit = (...argv: string[]) => run([...argv, '--dir', folder]);
    try {
      await act({
        folder,
        emulator,
        target,
        enrollkit,
        async json(argv, status = 0) {
          const answer = await enrollkit(...argv, '--json');
          assert.equal(answer.status, status, `${argv.join(' ')}: ${answer.stdout}${answer.stderr}`);
          const value = JSON.parse(answer.stdout);
          return status === 0 ? value : value.error;
        },
      });
    } finally {
      await emulator.stop();
    }
  });
}
