/** What a provisioning service has, as far as the caller may read it: for explaining why it refused a device. */
import { EnrollkitError, isAbort } from '../../../errors.js';
import type { CertificateResource, EnrollmentGroup, IndividualEnrollment } from '../../contract/schemas.js';
import { ControlPlane } from '../arm.js';
import { ServicePlane } from '../service.js';
import type { Target } from '../target.js';

/** A member is undefined when it cannot be read. */
export interface ServiceFacts {
  idScope?: string | undefined;
  /** The uploaded CA certificates. */
  authorities?: readonly CertificateResource[] | undefined;
  groups?: readonly EnrollmentGroup[] | undefined;
  /** The individual enrollment with the registration ID; null if none exists. */
  individual?: IndividualEnrollment | null | undefined;
}

/** Reads what a service has for a device. Never throws for what it may not read. */
export type ReadServiceFacts = (registrationId: string) => Promise<ServiceFacts>;

/** An explanation must not take much longer than the refusal. */
const timeoutMs = 15_000;

/**
 * A reader for one provisioning service. What all devices share is read once.
 *
 * @param clients to use; without them, connections are opened for each device
 * @returns undefined when nothing says how the service could be read
 */
export function serviceFactsReader(
  target: Target,
  signal?: AbortSignal,
  clients?: { control: ControlPlane; service: ServicePlane },
): ReadServiceFacts | undefined {
  const hasArm = Boolean(target.subscriptionId && target.resourceGroup);
  const hasService = typeof target.service === 'object' || hasArm;
  if (!hasArm && !hasService) return undefined;
  const within = () =>
    AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]);
  let shared: Promise<Omit<ServiceFacts, 'individual'>> | undefined;
  return async (registrationId) => {
    const { control, service } = clients ?? {
      control: new ControlPlane(target),
      service: new ServicePlane(target),
    };
    try {
      const options = { signal: within() };
      shared ??= readShared();
      const [{ idScope, authorities, groups }, individual] = await Promise.all([
        shared,
        ifReadable(async () => (await service.getEnrollment(registrationId, options)) ?? null),
      ]);
      signal?.throwIfAborted();
      return { idScope, authorities, groups, individual };
    } finally {
      if (clients === undefined) {
        control.close();
        service.close();
      }
    }

    async function readShared() {
      const options = { signal: within() };
      const [idScope, authorities, groups] = await Promise.all([
        hasArm ? ifReadable(async () => (await control.getService(options)).properties.idScope) : undefined,
        hasArm ? ifReadable(() => control.listCertificates(options)) : undefined,
        ifReadable(() => service.listEnrollmentGroups(options)),
      ]);
      return { idScope, authorities, groups };
    }
  };
}

/** Undefined for whatever a service refuses, and for one that cannot be reached. */
async function ifReadable<Result>(read: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await read();
  } catch (error) {
    const isRefused = error instanceof EnrollkitError || isAbort(error) || isTimeout(error);
    if (!isRefused) throw error;
    return undefined;
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError';
}
