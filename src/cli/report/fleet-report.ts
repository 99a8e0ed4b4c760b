/** Gathers what the report of a fleet shows. */
import { EnrollkitError } from '../../errors.js';
import type { FleetFiles } from '../../fleet/registration/fleet-devices.js';
import { sentences } from '../../languages/language.js';
import { lookAt } from '../../workspace/files.js';
import { layoutOf } from '../../workspace/layout.js';
import type { Context } from '../kernel/command.js';
import { programName } from '../terminal/command-line.js';
import { fleetChain } from './fleet-chain.js';
import { fleetPage } from './fleet-page.js';
import { orWarning, readFleetResults, readManifest } from './fleet-results.js';

export interface Fleet extends FleetFiles {
  results: string;
}

/** The files of the fleet at a path; undefined for anything else, such as a certificate folder. */
export function fleetAt(path: string, results: string | undefined): Fleet | undefined {
  const out = path.replace(/(?<=.)[/\\]+$/, '');
  const fleet = {
    out,
    manifest: `${out}.manifest.csv`,
    results: results ?? `${out}.registrations.ndjson`,
  };
  if (results !== undefined) return fleet;
  const isOfRuns = lookAt(layoutOf(out).journal) !== undefined;
  const hasFile = [fleet.manifest, fleet.results].some((file) => lookAt(file)?.isFile());
  return hasFile && !isOfRuns ? fleet : undefined;
}

/** @throws EnrollkitError INTERRUPTED; FILE_UNREADABLE if there is neither a manifest nor a result */
export async function fleetReport(
  fleet: Fleet,
  context: Context,
): Promise<{ html: string; warnings: readonly string[] }> {
  const { signal, env } = context;
  const at = context.now();
  const size = await orWarning(readManifest(fleet.manifest, at, signal));
  const results = lookAt(fleet.results)
    ? await orWarning(readFleetResults(fleet.results, signal))
    : { warnings: [sentences.cliReport.fleet.notRegistered(fleet.results)] };
  const chain = size.result ? await orWarning(fleetChain(fleet, at)) : { warnings: [] };
  const warnings = [...size.warnings, ...results.warnings, ...chain.warnings];
  if (!size.result && !('result' in results && results.result)) {
    throw new EnrollkitError('FILE_UNREADABLE', warnings.join('\n'));
  }
  const html = fleetPage({
    fleet: fleet.out,
    size: size.result,
    results: 'result' in results ? results.result : undefined,
    chain: 'result' in chain ? chain.result : undefined,
    warnings,
    at,
    program: programName(env),
  });
  return { html, warnings };
}
