/** An emulator in a process of its own, for one measurement. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { EmulatorEndpoints } from '../../src/emulator/endpoints.js';

const bin = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));

export async function inEmulator(act: (endpoints: EmulatorEndpoints) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'enrollkit-bench-'));
  const arguments_ = ['emulator', 'start', '--json', '--dir', folder, '--port', '0', '--mqtt-port', '0'];
  const child = spawn(process.execPath, [bin, ...arguments_], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const [text] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    await act(JSON.parse(text));
  } finally {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  }
}
