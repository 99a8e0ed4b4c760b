/** The files of a fleet that a command is given. */
import type { FleetFiles } from '../../fleet/registration/fleet-devices.js';
import { sentences } from '../../languages/language.js';
import { type FlagValues, textFlag } from '../kernel/flags.js';

export const manifestFlag = {
  manifest: textFlag({
    placeholder: 'FILE',
    summary: sentences.cliFleet.manifestFlag,
  }),
};

/** Where `fleet register` writes its results, by default. */
export function registrationResults(out: string): string {
  return `${out}.registrations.ndjson`;
}

/** A folder may be typed with a slash at its end; what lies beside it has its name. */
export function fleetFiles(out: string, flags: FlagValues<typeof manifestFlag>): FleetFiles {
  const trimmed = out.replace(/(?<=.)[/\\]+$/, '');
  return { out: trimmed, manifest: flags.manifest ?? `${trimmed}.manifest.csv` };
}
