/**
 * Kills commands at their file-system calls, one call at a time, and runs each again:
 * `tsx scripts/kill-points.ts [--only NAME] [--sample N] [--from N] [--seed N] [--bin FILE]`. Without --sample, at
 * all of them from call --from on.
 */
import { parseArgs } from 'node:util';
import { bin as builtBin } from '../test/support/bin.js';
import { KillRig, killPoints, scenarios } from '../test/support/kill-at.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    sample: { type: 'string', default: 'Infinity' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    bin: { type: 'string', default: builtBin },
  },
});

let wrong = 0;
console.log(`seed ${values.seed}`);
for (const scenario of scenarios) {
  if (values.only.length > 0 && !values.only.includes(scenario.name)) continue;
  const rig = new KillRig(scenario, values.bin);
  try {
    const all = killPoints(rig.prepare(), Number(values.sample), Number(values.seed));
    const points = all.filter(({ at }) => at >= Number(values.from));
    let problems = 0;
    for (const point of points) {
      const problem = rig.problemAt(point);
      if (problem === undefined) continue;
      problems += 1;
      console.log(`${scenario.name}, ${point.torn ? 'inside' : 'before'} call ${point.at}: ${problem}`);
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
