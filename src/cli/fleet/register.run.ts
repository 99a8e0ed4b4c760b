/** `enrollkit fleet register`: from flags to registered devices, and a summary. */

import { EnrollkitError, type ExitStatus, errorTable, exitStatus } from '../../errors.js';
import { isEncryptedPem } from '../../fleet/formats/output-format.js';
import { type RegisterFleetResult, registerFleet } from '../../fleet/register-fleet.js';
import { type FleetFiles, fleetDevices, manifestDevices } from '../../fleet/registration/fleet-devices.js';
import { registrationPace } from '../../fleet/registration/pace.js';
import { sentences } from '../../languages/language.js';
import { fleetFiles, registrationResults } from '../input/fleet-files.js';
import { withPassphrase } from '../input/passphrase.js';
import type { Context, FlagsOf, RunOf } from '../kernel/command.js';
import { atGlobalEndpoint, deviceTarget, idScopeOf } from '../target/device-target.js';
import { noteLog } from '../target/emulator-log.js';
import { folderOf } from '../target/folder.js';
import { withTarget } from '../target/target.js';
import { displayPath } from '../terminal/text.js';
import { paceOf } from './flags.js';
import { fleetProgress } from './fleet-progress.js';
import { pictureFor, registrationText } from './fleet-summary.js';
import type { fleetRegister } from './register.js';

/** @throws EnrollkitError of the flags, the fleet's files, the target, and what `registerFleet` throws */
export const run: RunOf<typeof fleetRegister> = async ({ args, flags }, context) => {
  const { output, signal, env } = context;
  const files = fleetFiles(args.fleet, flags);
  const results = flags.results ?? registrationResults(files.out);
  const total = await sizeOf(files.manifest);
  const passphrase = await fleetPassphrase(files, flags, context);
  const folder = folderOf(flags);
  const request = { target: deviceTarget(flags, folder), folder, flags, mayCreate: false };
  const result = await withTarget(request, context, async (opened, log) => {
    const target = atGlobalEndpoint(opened, flags);
    const idScope = await idScopeOf(target, signal);
    const progress = fleetProgress(output, total, flags.quiet === true);
    const registered = await registerFleet({
      files,
      results,
      target,
      idScope,
      protocol: flags.protocol ?? 'mqtt',
      ...paceOf(target.kind, flags, registrationPace),
      passphrase,
      telemetry: flags.telemetry === true,
      signal,
      onProgress: ({ before, assigned, failed }) => progress.on(before + assigned + failed),
    }).finally(() => progress.end());
    if (registered.failed > 0) noteLog(output, log);
    return registered;
  });
  if (output.json) output.value({ ...result, results });
  else {
    const picture = pictureFor(output.stdout, env);
    output.result('fleet.register.report', registrationText(result, displayPath(results), picture));
  }
  return statusOf(result);
};

/** @throws EnrollkitError PASSPHRASE_REQUIRED if the passphrase is missing and cannot be asked for; FILE_UNREADABLE for a file of the fleet */
function fleetPassphrase(
  files: FleetFiles,
  flags: FlagsOf<typeof fleetRegister>,
  context: Context,
): Promise<string | undefined> {
  return withPassphrase(flags, context, async ({ passphrase }) => {
    for await (const { privateKey } of fleetDevices(files)) {
      if (isEncryptedPem(privateKey) && passphrase === undefined) {
        throw new EnrollkitError('PASSPHRASE_REQUIRED', sentences.cliFleet.keysEncrypted(files.out));
      }
      break;
    }
    return passphrase;
  });
}

/** The number of devices that a manifest lists. @throws EnrollkitError FILE_UNREADABLE, also when it lists none */
export async function sizeOf(manifest: string): Promise<number> {
  let total = 0;
  for await (const _ of manifestDevices(manifest)) total += 1;
  if (total > 0) return total;
  throw new EnrollkitError('FILE_UNREADABLE', sentences.cliFleet.noDeviceListed(manifest));
}

/** All refused: as the commonest refusal alone would end. */
function statusOf({ before, assigned, failed, failures }: RegisterFleetResult): ExitStatus {
  if (failed === 0) return exitStatus.ok;
  return before + assigned > 0 ? exitStatus.partial : errorTable[failures[0]!.code].exit;
}
