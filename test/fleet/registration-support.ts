/** A fleet on disk, and an emulator with a group that takes its devices. */
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RegisterFleetOptions, registerFleet } from '../../src/fleet/register-fleet.js';
import { openWorld, verifyCa, type World } from '../dps/support.js';
import { inTemporaryFolder } from '../support/temporary-folder.js';
import { fleetIssue, makeCertificateFolder } from './support.js';

export interface FleetWorld extends World {
  folder: string;
  /** The certificate folder. */
  certs: string;
  /** Issues a fleet, and gives its path. */
  issue(name: string, ...flags: string[]): Promise<string>;
  register(out: string, more?: Partial<RegisterFleetOptions>): ReturnType<typeof registerFleet>;
}

export function inFleetWorld(act: (world: FleetWorld) => Promise<void>): Promise<void> {
  return inTemporaryFolder(async (folder) => {
    const certs = await makeCertificateFolder(join(folder, 'certs'));
    const world = await openWorld();
    try {
      await act({
        ...world,
        folder,
        certs,
        async issue(name, ...flags) {
          const ended = await fleetIssue(folder, ...flags, '--out', name);
          if (ended.status !== 0) throw new Error(ended.stderr);
          return join(folder, name);
        },
        register: (out, more) =>
          registerFleet({
            files: { out, manifest: `${out}.manifest.csv` },
            results: `${out}.registrations.ndjson`,
            target: world.target,
            idScope: world.target.idScope!,
            protocol: 'https',
            concurrency: 4,
            telemetry: false,
            signal: new AbortController().signal,
            ...more,
          }),
      });
    } finally {
      await world.close();
    }
  });
}

/** A group that the fleet's intermediate CA attests, below a verified root. */
export async function createGroup({ control, service, certs }: FleetWorld): Promise<void> {
  const read = (...path: string[]) => readFileSync(join(certs, 'ca', ...path), 'utf8');
  const privateKey = createPrivateKey(read('root', 'key.pem'));
  await verifyCa(control, 'fleet-root', { pem: read('root', 'certificate.pem'), privateKey });
  const certificate = read('intermediate', 'certificate.pem');
  await service.createEnrollmentGroup({
    enrollmentGroupId: 'fleet',
    attestation: { type: 'x509', x509: { signingCertificates: { primary: { certificate } } } },
  });
}

export function resultsOf(path: string): any[] {
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
