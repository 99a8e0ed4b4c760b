/**
 * Replaces each text of the shipped recording by each of a list of hostile ones: each such recording is refused with its
 * place, or harmless when it is compared and replayed.
 *
 *     npx tsx scripts/hostile-recordings.ts          one of those that are the same part of other requests
 *     npx tsx scripts/hostile-recordings.ts --all    compares all
 */
import {
  compareHostile,
  hostileCases,
  replayHostile,
  withoutRepetitions,
} from '../test/support/hostile-recordings.js';

const started = performance.now();
const seconds = () => Math.round((performance.now() - started) / 1000);
const report = { compared: 0, replayed: 0, refused: 0, problems: [] as string[] };

async function attempt(check: () => Promise<string>): Promise<boolean> {
  try {
    return (await check()) === 'read';
  } catch (error) {
    report.problems.push((error as Error).message);
    return false;
  }
}

const all = process.argv.includes('--all') ? hostileCases() : withoutRepetitions(hostileCases());
for (const one of all) {
  if (!(await attempt(() => compareHostile(one)))) report.refused += 1;
  report.compared += 1;
  if (report.compared % 500 === 0)
    console.log(`${report.compared} of ${all.length} compared, ${seconds()} s`);
}
const some = withoutRepetitions(all);
for (const one of some) {
  await attempt(() => replayHostile(one));
  report.replayed += 1;
  if (report.replayed % 100 === 0)
    console.log(`${report.replayed} of ${some.length} replayed, ${seconds()} s`);
}
console.log(JSON.stringify({ ...report, seconds: seconds() }, null, 2));
process.exitCode = report.problems.length > 0 ? 1 : 0;
