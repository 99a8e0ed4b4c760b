/** The devices that `device run` runs: of the certificate folder, of a fleet, or one in other files. */
import { assertRegistrationId } from '../../dps/contract/ids.js';
import { EnrollkitError } from '../../errors.js';
import { keyOpener } from '../../fleet/registration/device-keys.js';
import { fleetDevices } from '../../fleet/registration/fleet-devices.js';
import type { RunnableDevice } from '../../fleet/running/options.js';
import { sentences } from '../../languages/language.js';
import { parseCertificates } from '../../pki/x509/certificate.js';
import { readTextIfExists } from '../../workspace/files.js';
import { layoutOf } from '../../workspace/layout.js';
import { fleetFiles } from '../input/fleet-files.js';
import type { Opening } from '../input/material.js';
import { withPassphrase } from '../input/passphrase.js';
import { naming } from '../input/read-file.js';
import type { Context, FlagsOf } from '../kernel/command.js';
import { folderOf } from '../target/folder.js';
import { type DeviceCredentials, deviceCredentials } from './credentials.js';
import type { deviceRun } from './run.js';

/** How many IDs a message names. */
export const maxNamed = 5;

type DeviceToRun = RunnableDevice & Pick<DeviceCredentials, 'hasOperationalKey'>;

/** @throws EnrollkitError USAGE, INVALID_REGISTRATION_ID, FILE_UNREADABLE, and what reading certificates and keys throws */
export function devicesToRun(
  ids: readonly string[],
  flags: FlagsOf<typeof deviceRun>,
  context: Context,
): Promise<DeviceToRun[]> {
  for (const id of ids) assertRegistrationId(id);
  return withPassphrase(flags, context, async (opening) => {
    if (flags.fleet !== undefined) return fromFleet(ids, flags.fleet, flags, opening);
    const folder = folderOf(flags);
    const wanted = ids.length > 0 ? ids : registrationIdsIn(folder);
    if (wanted.length === 0) {
      throw new EnrollkitError('FILE_UNREADABLE', sentences.deviceRun.noDevices(folder), {
        next: sentences.deviceRun.createDevices,
      });
    }
    const devices: DeviceToRun[] = [];
    for (const registrationId of wanted) {
      devices.push({ registrationId, ...(await deviceCredentials(registrationId, flags, opening)) });
    }
    return devices;
  });
}

/** A device's registration ID is the common name of its certificate. */
function registrationIdsIn(folder: string): string[] {
  return layoutOf(folder)
    .devices()
    .flatMap(({ chain }) => {
      const pem = readTextIfExists(chain);
      if (pem === undefined) return [];
      const [leaf] = naming(chain, () => parseCertificates(pem));
      return leaf!.subject.commonName ?? [];
    });
}

async function fromFleet(
  ids: readonly string[],
  fleet: string,
  flags: FlagsOf<typeof deviceRun>,
  { passphrase }: Opening,
): Promise<RunnableDevice[]> {
  const wanted = new Set(ids);
  const openKey = keyOpener(passphrase);
  const devices: RunnableDevice[] = [];
  const isWanted = ({ registrationId }: { registrationId: string }) =>
    ids.length === 0 || wanted.delete(registrationId);
  for await (const device of fleetDevices(fleetFiles(fleet, flags), isWanted)) {
    const { registrationId, certificateChain, privateKey } = device;
    devices.push({ registrationId, certificateChain, privateKey: openKey(privateKey) });
  }
  if (wanted.size > 0) {
    const named = [...wanted].slice(0, maxNamed);
    throw new EnrollkitError(
      'FILE_UNREADABLE',
      sentences.deviceRun.notInFleet(named, wanted.size - named.length, fleet),
    );
  }
  if (devices.length > 0) return devices;
  throw new EnrollkitError('FILE_UNREADABLE', sentences.deviceRun.noDevices(fleet));
}
