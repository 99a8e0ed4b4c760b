/** Gathers what the report of a fleet shows. */
import { EnrollkitError } from '../../errors.js';
import type { FleetFiles } from '../../fleet/registration/fleet-devices.js';
import { sentences } from '../../languages/language.js';
import { lookAt } from '../../workspace/files.js';
import { layoutOf } from '../../workspace/layout.js';
import { fleetFiles, registrationResults } from '../input/fleet-files.js';
import type { Context } from '../kernel/command.js';
import type { Forest } from '../pictures/certificate-tree/forest.js';
import { programName } from '../terminal/command-line.js';
import { type Attempted, orWarning } from './attempted.js';
import { fleetChain } from './fleet-chain.js';
import { fleetPage } from './fleet-page.js';
import { type FleetResults, readFleetResults, readManifest } from './fleet-results.js';

export interface Fleet extends FleetFiles {
  results: string;
}

/** The files of the fleet at a path; undefined for anything else, such as a certificate folder. */
export function fleetAt(path: string, results: string | undefined): Fleet | undefined {
  const files = fleetFiles(path, {});
  const fleet = { ...files, results: results ?? registrationResults(files.out) };
  if (results !== undefined) return fleet;
  const isOfRuns = lookAt(layoutOf(files.out).journal) !== undefined;
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
  const results: Attempted<FleetResults> = lookAt(fleet.results)
    ? await orWarning(readFleetResults(fleet.results, signal))
    : { warnings: [sentences.cliReport.fleet.notRegistered(fleet.results)] };
  const chain: Attempted<Forest> = size.result ? await orWarning(fleetChain(fleet, at)) : { warnings: [] };
  const warnings = [...size.warnings, ...results.warnings, ...chain.warnings];
  if (!size.result && !results.result) {
    throw new EnrollkitError('FILE_UNREADABLE', warnings.join('\n'));
  }
  const html = fleetPage({
    fleet: fleet.out,
    size: size.result,
    results: results.result,
    chain: chain.result,
    warnings,
    at,
    program: programName(env),
  });
  return { html, warnings };
}
