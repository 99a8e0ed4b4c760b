/** The text files of fleets for `mutateCertificates`: manifests and lists of devices, and what reads them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { devicesFromList } from '../../src/fleet/devices/device-list.js';
import { manifestColumns } from '../../src/fleet/manifest.js';
import { mergeManifests } from '../../src/fleet/merge-manifests.js';
import { manifestDevices } from '../../src/fleet/registration/fleet-devices.js';

const rows = [1, 2, 3].map(
  (number) =>
    `meter-${number},0${number},2026-01-01T00:00:00Z,2027-01-01T00:00:00Z,${'AB'.repeat(20)},${'CD'.repeat(32)},CN=meter-${number},Oslo`,
);

export const fleetFiles: readonly Buffer[] = [
  `${manifestColumns.join()},tags.site\n${rows.join('\n')}\n`,
  'registrationId,organization,dns,ip,tags.site\nm-1,Contoso,m-1.example m.example,192.0.2.1,"Oslo, N"\nm-2,,,,\n',
  '{"registrationId":"m-1","dns":["a.example"],"tags":{"site":"Oslo"}}\n{"registrationId":"m-2","email":"a@b.example"}\n',
].map((text) => Buffer.from(text));

/** @param folder for the file that the readers read */
export function fleetReaders(folder: string): Record<string, (input: Buffer) => Promise<unknown>> {
  const path = join(folder, 'input');
  const written = (read: () => Promise<unknown>) => (input: Buffer) => {
    writeFileSync(path, input);
    return read();
  };
  const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });
  return {
    manifestDevices: written(async () => {
      for await (const device of manifestDevices(path)) if (!device.registrationId) throw new Error('no ID');
    }),
    mergeManifests: written(() => mergeManifests([path], nowhere())),
    devicesFromList: written(async () => {
      const source = await devicesFromList(path);
      for await (const batch of source.devices({ begin: 0, end: source.count }))
        if (!batch) throw new Error('nothing');
    }),
  };
}
