/** The request of a device about its registration, the same for every transport. */
import type * as z from 'zod';
import { firstCsrApiVersion } from '../../../dps/contract/api-versions.js';
import { sameId } from '../../../dps/contract/ids.js';
import { registerRequest } from '../../../dps/contract/schemas.js';
import { DpsError } from '../dps-error.js';

export interface RegistrationRequest {
  apiVersion: string;
  idScope: string;
  registrationId: string;
  /** The certificates that the client presented in the TLS handshake: DER, leaf first; empty if it presented none. */
  chain: readonly Buffer[];
  /** The shared access signature; undefined if the device sent none. */
  authorization?: string | undefined;
}

/** A request with a body: its JSON, parsed and not checked yet. */
export type RequestWithBody = RegistrationRequest & { body: unknown };

/** @throws DpsError badRequest */
export function readRegistrationBody({
  body,
  registrationId,
  apiVersion,
}: RequestWithBody): z.infer<typeof registerRequest> {
  const parsed = registerRequest.safeParse(body);
  if (!parsed.success) {
    throw new DpsError('badRequest', {
      message: 'The body must be an object with the field registrationId; csr, where it stands, is a string.',
    });
  }
  if (parsed.data.registrationId != null && !sameId(parsed.data.registrationId, registrationId)) {
    throw new DpsError('badRequest', { message: 'The registration ID of the body is not that of the path.' });
  }
  // Earlier versions ignore it, like any unknown field.
  return apiVersion.toLowerCase() >= firstCsrApiVersion ? parsed.data : { ...parsed.data, csr: null };
}
