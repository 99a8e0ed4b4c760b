/**
 * Commands that are killed at a file-system call, and run again. scripts/kill-points.ts takes all calls, and kills at
 * each; here, all but one of them are run again in a copy of the folder made at the call.
 */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import { commands } from '../../src/cli/command-table.js';
import { contentsOf } from '../support/folders.js';
import { type KillPoint, KillRig, sampleOf } from '../support/kill-at.js';
import { kills, quickstart, scenarios, withoutScenario } from '../support/kill-scenarios.js';
import { runIn } from '../support/working-folder.js';
import { type Answer, run } from './in-process.js';

const seed = 12;
/** Points of each kind of command. */
const copied: Record<string, number> = {
  'cert rollover root': 2,
  'cert renew of a root': 4,
  'fleet issue, ndjson': 6,
  'fleet register --telemetry': 3,
  'enrollment create --self-signed': 3,
  'clean of what --create made': 2,
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

  const aDay = 86_400_000;
  /** What may happen between a kill and the next run; each returns how that run ends, with all back in its place. */
  const between: Record<string, (folder: string) => Promise<Answer>> = {
    'the clock is set back by a day, and right again after the refusal': async (folder) => {
      const { status, stderr } = await runAt(folder, Date.now() - aDay);
      // A CA that was made is not valid yet.
      assert.ok(status === 0 || /^error: .*\bclock\b/m.test(stderr), stderr);
      assert.ok([0, 9].includes(status), stderr);
      return runAt(folder, Date.now());
    },
    'the clock is set forward by a day': (folder) => runAt(folder, Date.now() + aDay),
    'the folder is moved': async (folder) => {
      const moved = join(folder, 'line', 'seven');
      mkdirSync(dirname(moved));
      renameSync(join(folder, 'certs'), moved);
      const answer = await runIn(folder, [...quickstart, '--dir', 'line/seven']);
      renameSync(moved, join(folder, 'certs'));
      rmSync(dirname(moved), { recursive: true });
      return answer;
    },
    'a symbolic link to the folder is used': async (folder) => {
      symlinkSync('certs', join(folder, 'link'));
      const answer = await runIn(folder, [...quickstart, '--dir', 'link']);
      rmSync(join(folder, 'link'));
      return answer;
    },
    'the folder is copied, and the command is run in the copy, which leaves the original alone': async (
      folder,
    ) => {
      cpSync(join(folder, 'certs'), join(folder, 'copy'), { recursive: true });
      const original = contentsOf(join(folder, 'certs'));
      const answer = await runIn(folder, [...quickstart, '--dir', 'copy']);
      assert.deepEqual(contentsOf(join(folder, 'certs')), original);
      rmSync(join(folder, 'certs'), { recursive: true });
      renameSync(join(folder, 'copy'), join(folder, 'certs'));
      return answer;
    },
  };

  test(`quickstart, run again from 3 points and one within a change of files, ends as if nothing had happened, also if meanwhile ${Object.keys(between).join('; or ')} (seed ${seed})`, () =>
    inRig('quickstart', async (rig) => {
      const points = sampleOf(await rig.prepare(), 40, seed);
      await rig.makeCopies(points);
      const isWithin = (point: KillPoint) =>
        existsSync(join(rig.copyAt(point) ?? '', 'certs', '.enrollkit', 'pending', 'changes.json'));
      const within = points.find(isWithin)!;
      for (const point of [...sampleOf(points, 3, seed), within])
        assert.equal(await rig.problemInCopy(point), undefined, JSON.stringify(point));
      for (const [what, again] of Object.entries(between))
        assert.equal(await rig.problemInCopy(within, again), undefined, what);
    }));

  test(`cert root, killed, or on a file system that becomes read-only or full, and run again, ends as if nothing had happened (seed ${seed})`, () =>
    inRig('cert root', async (rig) => {
      const points = await rig.prepare();
      for (const point of sampleOf(points, 2, seed)) {
        assert.equal(await rig.problemAt(point), undefined, JSON.stringify(point));
      }
      const calls = points.flatMap((point) => ('before' in point ? [point.before] : []));
      for (const code of ['EROFS', 'ENOSPC']) {
        for (const call of sampleOf(calls, 1, seed)) {
          assert.equal(await rig.problemWith(code, call), undefined, `${code}, ${call}`);
        }
      }
    }));
}

function runAt(cwd: string, time: number): Promise<Answer> {
  return run(quickstart, { cwd, now: new Date(time) });
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
