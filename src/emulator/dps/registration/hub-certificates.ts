/** Issues certificates to devices that ask their hub for one: by the policy of the enrollment that they registered by. */
import {
  type CertificateIssuer,
  type IssuedCertificate,
  RenewalRefused,
} from '../../hub/certificate-renewals.js';
import { DpsError } from '../dps-error.js';
import type { ProvisioningService } from '../provisioning-service.js';
import { answerCredentialRequest } from './credential-request.js';
import { policyIssuer } from './policy-issuer.js';

export function hubCertificateIssuer(
  services: { list(): readonly ProvisioningService[] },
  now: () => Date,
): CertificateIssuer {
  return async (hubId, deviceId, csr): Promise<IssuedCertificate> => {
    for (const service of services.list()) {
      const { records, groups, individuals } = service;
      const record = records.ofDevice(hubId, deviceId);
      if (record === undefined) continue;
      const { enrollmentGroupId, registrationId } = record;
      const enrollment =
        enrollmentGroupId === undefined ? individuals.get(registrationId) : groups.get(enrollmentGroupId);
      if (enrollment === undefined) continue;
      try {
        const issuer = await policyIssuer(service, enrollment, now());
        if (issuer === undefined) break;
        return await answerCredentialRequest({ csr, registrationId, deviceId, issuer }, now());
      } catch (error) {
        if (!(error instanceof DpsError)) throw error;
        throw new RenewalRefused('badCertificateRequest', error.message);
      }
    }
    throw new RenewalRefused(
      'noPolicy',
      'The device has no enrollment that names a policy, which would issue certificates.',
    );
  };
}
