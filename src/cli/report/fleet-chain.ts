/** The chain of a fleet: of its first device, since all have the same CA. */
import { isEncryptedPem } from '../../fleet/formats/output-format.js';
import { type FleetFiles, fleetDevices } from '../../fleet/registration/fleet-devices.js';
import { isKeyPair, privateKeyFromPem } from '../../pki/keys.js';
import { parseCertificates } from '../../pki/x509/certificate.js';
import { type Forest, forestOf } from '../pictures/certificate-tree/forest.js';
import type { KeyFile } from '../pictures/certificate-tree/private-keys.js';
import { findSigners } from '../pictures/certificate-tree/signers.js';

/** @throws EnrollkitError of the files and the first certificates */
export async function fleetChain(files: FleetFiles, at: Date): Promise<Forest> {
  for await (const { certificateChain, privateKey } of fleetDevices(files)) {
    const certificates = parseCertificates(certificateChain);
    const [device] = certificates;
    const key = (): KeyFile[] => {
      if (isEncryptedPem(privateKey)) return [{ file: files.out, state: 'encrypted' }];
      const matches = isKeyPair(privateKeyFromPem(privateKey), device!.publicKey);
      return matches ? [{ file: files.out, state: 'matches' }] : [];
    };
    const findings = {
      signers: findSigners(certificates),
      files: new Map(),
      keys: new Map([[device!, key()]]),
      uploads: new Map(),
    };
    return forestOf(certificates, findings, at);
  }
  return { nodes: [], tops: [] };
}
