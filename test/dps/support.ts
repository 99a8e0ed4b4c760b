/** An emulator in memory with a CA that is verified and a group that it backs, as the clients themselves set it up. */
import { readFileSync } from 'node:fs';
import { ControlPlane } from '../../src/dps/client/arm.js';
import type { RequestEvent } from '../../src/dps/client/observer.js';
import { ServicePlane } from '../../src/dps/client/service.js';
import { emulatorTarget, type Target } from '../../src/dps/client/target.js';
import type { EnrollmentGroup } from '../../src/dps/contract/schemas.js';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../src/emulator/start.js';
import { EnrollkitError, type ErrorCode } from '../../src/errors.js';
import { privateKeyToPem } from '../../src/pki/keys.js';
import { issueVerificationCertificate } from '../../src/pki/make/verification-certificate.js';
import { type Made, makeChain } from '../support/chains.js';

export interface World {
  emulator: Emulator;
  target: Target;
  control: ControlPlane;
  service: ServicePlane;
  /** What was sent, in order. */
  events: RequestEvent[];
  chain: { root: Made; intermediate: Made; device: Made };
  close(): Promise<void>;
}

export async function openWorld(options: Partial<EmulatorOptions> = {}): Promise<World> {
  const emulator = await startEmulator({ dir: ':memory:', ...options });
  const events: RequestEvent[] = [];
  const target = emulatorTarget(emulator.endpoints, readFileSync(emulator.endpoints.caFile, 'utf8'), {
    onRequest: (event) => events.push(event),
  });
  const control = new ControlPlane(target);
  const service = new ServicePlane(target);
  return {
    emulator,
    target,
    control,
    service,
    events,
    chain: await makeChain(),
    async close() {
      control.close();
      service.close();
      await emulator.stop();
    },
  };
}

/** Uploads a CA and proves possession of its key. */
export async function verifyCa(control: ControlPlane, name: string, ca: Made): Promise<void> {
  await control.putCertificate(name, ca.pem);
  const { code, etag } = await control.generateVerificationCode(name, '*');
  const issuer = { certificate: ca.pem, privateKey: ca.privateKey };
  const { pem } = await issueVerificationCertificate(code, issuer, new Date());
  await control.verifyCertificate(name, etag, pem);
}

export function group(enrollmentGroupId: string, ca: string): EnrollmentGroup {
  return {
    enrollmentGroupId,
    attestation: { type: 'x509', x509: { caReferences: { primary: ca } } },
    provisioningStatus: 'enabled',
    initialTwin: { properties: { desired: { interval: 30 } } },
  };
}

export async function deviceCredentials({ root, intermediate, device }: World['chain'], passphrase?: string) {
  return {
    certificateChain: `${device.pem}${intermediate.pem}${root.pem}`,
    privateKey: await privateKeyToPem(device.privateKey, passphrase),
    passphrase,
  };
}

/** The error that a call must fail with, its code checked. */
export async function failing(code: ErrorCode, call: Promise<unknown>): Promise<EnrollkitError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof EnrollkitError && error.code === code) return error;
    throw error;
  }
  throw new Error(`it did not fail with ${code}`);
}
