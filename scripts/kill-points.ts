/**
 * Kills commands and runs each again: `tsx scripts/kill-points.ts [--only NAME] [--random N --seed N | --error CODE]
 * [--bin FILE]`. At each of their calls to the file system and to sockets, or at N random moments of each command that a
 * seed selects. With --error, nothing is killed: the calls fail, ENOSPC for a full disk, from each on in turn.
 */
import { parseArgs } from 'node:util';
import { bin as builtBin } from '../test/support/bin.js';
import { type KillPoint, KillRig, scenarios } from '../test/support/kill-at.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    random: { type: 'string' },
    error: { type: 'string' },
    seed: { type: 'string', default: '1' },
    bin: { type: 'string', default: builtBin },
  },
});

let wrong = 0;
if (values.random !== undefined) console.log(`seed ${values.seed}`);
for (const scenario of scenarios) {
  if (values.only.length > 0 && !values.only.includes(scenario.name)) continue;
  const rig = new KillRig(scenario, values.bin);
  try {
    const calls = rig.prepare();
    const points =
      values.random === undefined ? calls : rig.moments(Number(values.random), Number(values.seed));
    let problems = 0;
    for (const point of points) {
      const problem = problemAt(rig, point);
      if (problem === undefined) continue;
      problems += 1;
      console.log(`${scenario.name}, ${JSON.stringify(point)}: ${problem}`);
    }
    console.log(
      `${scenario.name}: ${points.length} points, ${points.length - problems} right, ${problems} wrong`,
    );
    wrong += problems;
  } finally {
    rig.close();
  }
}
process.exitCode = wrong === 0 ? 0 : 1;

function problemAt(rig: KillRig, point: KillPoint): string | undefined {
  if (values.error === undefined) return rig.problemAt(point);
  return 'before' in point ? rig.problemWith(values.error, point.before) : undefined;
}
