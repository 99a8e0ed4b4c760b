/**
 * Kills commands at their calls to the file system and to sockets, and runs each again: `tsx scripts/kill-points.ts`.
 *
 *     --only NAME          only this command; may be repeated
 *     --random N --seed N  N of all points of all commands, selected by a seed
 *     --copies             without a kill: runs each again in a copy of the folder made at the call, which is faster
 *     --error CODE         without a kill: all calls fail, from each on in turn; ENOSPC is a full disk
 *     --bin FILE           the command line
 */
import { parseArgs } from 'node:util';
import { bin as builtBin } from '../test/support/bin.js';
import { type KillPoint, KillRig, sampleOf } from '../test/support/kill-at.js';
import { scenarios } from '../test/support/kill-scenarios.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    random: { type: 'string' },
    seed: { type: 'string', default: '1' },
    copies: { type: 'boolean', default: false },
    error: { type: 'string' },
    bin: { type: 'string', default: builtBin },
  },
});

const selected = scenarios.filter(({ name }) => values.only.length === 0 || values.only.includes(name));
const seed = Number(values.seed);
const perCommand = values.random === undefined ? undefined : Number(values.random) / selected.length;
if (perCommand !== undefined) console.log(`seed ${seed}`);
let [all, wrong] = [0, 0];
for (const [index, scenario] of selected.entries()) {
  const rig = new KillRig(scenario, values.bin);
  try {
    const points = await rig.prepare();
    const size = share(index);
    const taken = size === undefined ? points : sampleOf(points, size, seed + index);
    if (values.copies) await rig.makeCopies(taken);
    let problems = 0;
    for (const point of taken) {
      const problem = await problemOf(rig, point);
      if (problem === undefined) continue;
      problems += 1;
      console.log(`${scenario.name}, ${JSON.stringify(point)}: ${problem}`);
    }
    console.log(
      `${scenario.name}: ${taken.length} of ${points.length} points, ${taken.length - problems} right`,
    );
    all += taken.length;
    wrong += problems;
  } finally {
    rig.close();
  }
}
console.log(`${all} points, ${all - wrong} right`);
process.exit(wrong === 0 ? 0 : 1);

/** Whole numbers that add up to the number of points that was asked for. */
function share(index: number): number | undefined {
  if (perCommand === undefined) return undefined;
  return Math.floor(perCommand * (index + 1)) - Math.floor(perCommand * index);
}

async function problemOf(rig: KillRig, point: KillPoint): Promise<string | undefined> {
  if (values.error !== undefined) {
    return 'before' in point ? rig.problemWith(values.error, point.before) : undefined;
  }
  return values.copies ? rig.problemInCopy(point) : rig.problemAt(point);
}
