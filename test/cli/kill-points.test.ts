/**
 * Commands that are killed at a file-system call, and run again. scripts/kill-points.ts takes all calls, and kills at
 * each; here, all but one of them are run again in a copy of the folder made at the call.
 */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { commands } from '../../src/cli/command-table.js';
import { KillRig, sampleOf } from '../support/kill-at.js';
import { kills, scenarios, withoutScenario } from '../support/kill-scenarios.js';

const seed = 12;
/** Points of each kind of command. */
const copied: Record<string, number> = {
  quickstart: 3,
  'cert rollover root': 2,
  'cert renew of a root': 4,
  'fleet issue, ndjson': 6,
  'fleet register --telemetry': 3,
  'enrollment create --self-signed': 3,
  'dps create': 2,
  'clean of what --create made': 2,
  'emulator start --seed': 2,
};

test('every command that changes something has a scenario', () => {
  const names = commands.map(({ name }) => name);
  const others = Object.values(withoutScenario).flat();
  for (const name of others) {
    assert.ok(names.includes(name), `${name} is not a command`);
    assert.ok(!scenarios.some((one) => kills(one, name)), `${name} has a scenario`);
  }
  const missing = names.filter(
    (name) => !others.includes(name) && !scenarios.some((one) => kills(one, name)),
  );
  assert.deepEqual(missing, []);
});

if (process.platform !== 'win32') {
  for (const [name, size] of Object.entries(copied)) {
    test(`${name}, run again from ${size} points, ends as if nothing had happened (seed ${seed})`, () =>
      inRig(name, async (rig) => {
        const points = sampleOf(await rig.prepare(), size, seed);
        await rig.makeCopies(points);
        for (const point of points) {
          assert.equal(await rig.problemInCopy(point), undefined, JSON.stringify(point));
        }
      }));
  }

  test(`cert root, killed and run again, ends as if nothing had happened (seed ${seed})`, () =>
    inRig('cert root', async (rig) => {
      for (const point of sampleOf(await rig.prepare(), 2, seed)) {
        assert.equal(await rig.problemAt(point), undefined, JSON.stringify(point));
      }
    }));
}

async function inRig(name: string, act: (rig: KillRig) => Promise<void>): Promise<void> {
  const rig = new KillRig(scenarios.find((one) => one.name === name)!);
  try {
    await act(rig);
  } finally {
    rig.close();
  }
}

test.run();
