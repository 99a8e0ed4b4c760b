/**
 * Writes the recording in templates/ that CI and docs/replay.md replay: the quickstart with its default plan, against the
 * emulator.
 *
 *     npx tsx scripts/record.ts
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emulatorTarget } from '../src/dps/client/target.js';
import { startEmulator } from '../src/emulator/start.js';
import { defaultPlan } from '../src/quickstart/plan/answers.js';
import { runQuickstart } from '../src/quickstart/run.js';

const path = new URL('../templates/recordings/quickstart.json', import.meta.url);
const top = mkdtempSync(join(tmpdir(), 'enrollkit-record-'));
const emulator = await startEmulator({ dir: ':memory:' });
try {
  const { recording } = await runQuickstart({
    plan: defaultPlan,
    folder: join(top, 'certs'),
    target: emulatorTarget(emulator.endpoints, readFileSync(emulator.endpoints.caFile, 'utf8')),
    signal: new AbortController().signal,
    emit: () => {},
  });
  const recorded = JSON.parse(readFileSync(recording, 'utf8')) as object;
  const text = JSON.stringify({ $schema: '../recording.schema.json', ...recorded }, null, 2);
  writeFileSync(path, `${text}\n`);
} finally {
  await emulator.stop();
  rmSync(top, { recursive: true, force: true });
}
