/** Authorizes requests to the service plane: see ServiceCredentials. */
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { EnrollkitError } from '../../errors.js';
import type { SharedAccessPolicy } from '../contract/schemas.js';
import { ControlPlane } from './arm.js';
import { bearerPolicy, sasPolicy } from './auth.js';
import { serviceClock, type Target } from './target.js';

export function servicePolicy(target: Target): PipelinePolicy {
  const { service } = target;
  if (service === 'entra') return entraPolicy(target);
  if (service !== 'from-arm') return sasPolicy(service.connectionString, serviceClock(target));
  let found: Promise<PipelinePolicy> | undefined;
  return {
    name: 'serviceCredentialsFromArm',
    async sendRequest(request, next) {
      found ??= policyFromArm(target, request.abortSignal as AbortSignal | undefined).catch((error) => {
        // Not cached: the next request may succeed.
        found = undefined;
        throw error;
      });
      return (await found).sendRequest(request, next);
    },
  };
}

async function policyFromArm(target: Target, signal: AbortSignal | undefined): Promise<PipelinePolicy> {
  const control = new ControlPlane(target);
  try {
    const policy = (await control.listKeys({ signal })).find(canEnrollDevices);
    if (!policy?.primaryKey) return entraPolicy(target);
    const connectionString = {
      hostName: target.serviceHostName,
      sharedAccessKeyName: policy.keyName,
      sharedAccessKey: policy.primaryKey,
    };
    return sasPolicy(connectionString, serviceClock(target));
  } catch (error) {
    // Callers without permission to read keys may still have a role on the service plane.
    if (error instanceof EnrollkitError && error.code === 'FORBIDDEN') return entraPolicy(target);
    throw error;
  } finally {
    control.close();
  }
}

function entraPolicy({ armCredential, serviceScope }: Target): PipelinePolicy {
  return bearerPolicy(armCredential, serviceScope);
}

/** The right to write includes the right to read; the owner policy that DPS creates has all rights. */
function canEnrollDevices({ keyName, rights }: SharedAccessPolicy): boolean {
  if (keyName.toLowerCase() === 'provisioningserviceowner') return true;
  const given = rights.split(',').map((right) => right.trim().toLowerCase());
  return ['enrollmentwrite', 'registrationstatuswrite'].every((right) => given.includes(right));
}
