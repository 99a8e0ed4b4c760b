/** Devices dial one name for all provisioning services: the ID scope says which one they mean. */
import type { RegistrationOperation, RegistrationState } from '../../../dps/contract/schemas.js';
import { DpsError } from '../dps-error.js';
import type { ServiceDirectory } from '../service-directory.js';
import type { DeviceRequest } from './device-request.js';
import { assertLegalId } from './legal-id.js';
import type { Registrations } from './registrations.js';

export class RegistrationRouter {
  readonly #services: ServiceDirectory;

  constructor(services: ServiceDirectory) {
    this.#services = services;
  }

  /** @throws DpsError */
  async register(request: DeviceRequest & { body: unknown }): Promise<RegistrationOperation> {
    return this.#registrationsOf(request).register(request);
  }

  /** @throws DpsError */
  async getOperation(request: DeviceRequest & { operationId: string }): Promise<RegistrationOperation> {
    return this.#registrationsOf(request).getOperation(request);
  }

  /** @throws DpsError */
  async getState(request: DeviceRequest & { body: unknown }): Promise<RegistrationState> {
    return this.#registrationsOf(request).getState(request);
  }

  #registrationsOf({ idScope, registrationId }: DeviceRequest): Registrations {
    const service = this.#services.byIdScope(idScope);
    if (!service) {
      throw new DpsError('unauthorizedDevice', {
        reason: `the ID scope "${idScope.slice(0, 40)}" is not that of a provisioning service here`,
      });
    }
    assertLegalId('registration ID', registrationId);
    return service.registrations;
  }
}
