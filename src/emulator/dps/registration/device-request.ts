/** A device that asks about its registration, whatever the transport. */
import type { z } from 'zod';
import { csrApiVersions } from '../../../dps/contract/api-versions.js';
import { sameId } from '../../../dps/contract/ids.js';
import { registerRequest } from '../../../dps/contract/schemas.js';
import { DpsError } from '../dps-error.js';

/** Who asks: what the path says, and what the TLS handshake proved. */
export interface DeviceRequest {
  apiVersion: string;
  idScope: string;
  registrationId: string;
  /** The certificates that the client presented, DER, leaf first; empty when it presented none. */
  chain: Buffer[];
  /** The shared access signature of a device with a symmetric key. */
  authorization?: string | undefined;
}

/**
 * @param request `body` is the parsed JSON of the request, not checked yet
 * @throws DpsError badRequest, notImplemented
 */
export function readRegistrationBody({
  body,
  registrationId,
  apiVersion,
}: DeviceRequest & { body: unknown }): z.infer<typeof registerRequest> {
  const parsed = registerRequest.safeParse(body);
  if (!parsed.success) {
    throw new DpsError('badRequest', {
      message: 'The body must be an object with the field registrationId; csr, where it stands, is a string.',
    });
  }
  if (parsed.data.registrationId != null && !sameId(parsed.data.registrationId, registrationId)) {
    throw new DpsError('badRequest', { message: 'The registration ID of the body is not that of the path.' });
  }
  if ((body as Record<string, unknown>).tpm != null) {
    throw new DpsError('notImplemented', { message: 'The field tpm is not implemented here.' });
  }
  // To earlier versions it is a field like any that they do not know.
  return csrApiVersions.includes(apiVersion.toLowerCase()) ? parsed.data : { ...parsed.data, csr: null };
}
