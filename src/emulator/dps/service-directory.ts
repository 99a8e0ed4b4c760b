/** The provisioning services of an emulator. Each has its own state; they share the hubs. */
import { servicePolicies } from '../state/identity.js';
import { createService } from './create-services.js';
import { type OpenServiceOptions, openService, type ProvisioningService } from './provisioning-service.js';
import { type CountLimits, mostOf } from './quotas.js';

export interface ServiceDirectoryOptions extends OpenServiceOptions {
  /** All services are in it. */
  subscriptionId: string;
  /** Opens the address of a service that is created while the emulator runs, and returns it. */
  openAddress: (number: number, name: string) => Promise<string>;
}

export class ServiceDirectory {
  readonly #options: ServiceDirectoryOptions;
  #services: ProvisioningService[];

  constructor(options: ServiceDirectoryOptions) {
    this.#options = options;
    const rows = options.databases.main
      .prepare('SELECT number FROM provisioning_service ORDER BY number')
      .all() as { number: number }[];
    this.#services = rows.map(({ number }) => openService(number, options));
  }

  /** In the order of creation. */
  list(): readonly ProvisioningService[] {
    return this.#services;
  }

  get(dpsName: string): ProvisioningService | undefined {
    return this.#services.find(({ identity }) => same(identity.dpsName, dpsName));
  }

  /** The maximum number of services, or of something in one service; Infinity without quotas. */
  most(of: keyof CountLimits): number {
    return mostOf(this.#options.limits, of);
  }

  /** Creates a service without linked hubs; the name must not be taken. Clients can connect to it when this resolves. */
  async create(dpsName: string, resourceGroup: string): Promise<ProvisioningService> {
    const { databases, subscriptionId, openAddress } = this.#options;
    const number = createService(databases, { subscriptionId, resourceGroup, dpsName }, []);
    const address = await openAddress(number, dpsName.toLowerCase());
    const service = openService(number, { ...this.#options, addressOf: () => address });
    this.#services = [...this.#services, service];
    return service;
  }

  /** Deletes a service and its state; the hubs stay, with their devices. */
  delete(service: ProvisioningService): void {
    const { databases } = this.#options;
    this.#services = this.#services.filter((one) => one !== service);
    databases.main.prepare('DELETE FROM provisioning_service WHERE number = ?').run(service.number);
    // The state of the first one is in the main file.
    if (service.number === 1) databases.main.exec(deleteFirstService);
    else databases.remove('service', service.number);
  }

  byIdScope(idScope: string): ProvisioningService | undefined {
    return this.#services.find(({ identity }) => same(identity.idScope, idScope));
  }
}

/** Deletes the state of the first service from the main file. */
const deleteFirstService = `
  BEGIN;
  DELETE FROM certificate; DELETE FROM enrollment_group; DELETE FROM enrollment_group_ca;
  DELETE FROM individual_enrollment; DELETE FROM registration; DELETE FROM operation;
  DELETE FROM linked_hub; DELETE FROM hub_name; DELETE FROM issuing_authority;
  DELETE FROM policy WHERE owner = '${servicePolicies}';
  DELETE FROM setting WHERE name IN ('idScope', 'service');
  COMMIT;
`;

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
