/** The provisioning services of an emulator. Each has its own database; they share the hubs. */

import { servicePolicies } from '../state/identity.js';
import { makeService } from './make-services.js';
import { type OpenServiceOptions, openService, type ProvisioningService } from './provisioning-service.js';
import { mostOf, type ResourceLimits } from './quotas.js';

export interface ServiceDirectoryOptions extends OpenServiceOptions {
  /** Of all services. */
  subscriptionId: string;
  /** Listens at the address of a service that is created while the emulator runs. @returns the address or name */
  openAddress: (number: number, name: string) => Promise<string>;
}

export class ServiceDirectory {
  /** Called when a service was created or deleted. */
  onChange: () => Promise<void> = async () => {};
  readonly #options: ServiceDirectoryOptions;
  readonly #first: ProvisioningService;
  #services: ProvisioningService[];

  constructor(options: ServiceDirectoryOptions) {
    this.#options = options;
    const rows = options.databases.main
      .prepare('SELECT number FROM provisioning_service ORDER BY number')
      .all() as { number: number }[];
    this.#services = rows.map(({ number }) => openService(number, options));
    // An emulator starts with at least one: see readIdentity.
    this.#first = this.#services[0]!;
  }

  /** The host name that devices dial, whichever service they register with. */
  get deviceHostName(): string {
    return this.#first.names.https;
  }

  /** In the order of their creation. */
  list(): readonly ProvisioningService[] {
    return this.#services;
  }

  get(dpsName: string): ProvisioningService | undefined {
    return this.#services.find(({ identity }) => same(identity.dpsName, dpsName));
  }

  /** The verified CAs of all services: DER. */
  verifiedAuthorities(): Buffer[] {
    return this.#services.flatMap(({ certificates }) =>
      certificates.list().flatMap(({ verified, der }) => (verified ? [der] : [])),
    );
  }

  /** The most of these that there can be, in all or in each service; Infinity without quotas. */
  most(of: keyof ResourceLimits): number {
    return mostOf(this.#options.limits, of);
  }

  /** Creates a service without hubs, under a name that is free. Clients can dial it when this resolves. */
  async create(dpsName: string, resourceGroup: string): Promise<ProvisioningService> {
    const { databases, subscriptionId, openAddress } = this.#options;
    const number = makeService(databases, { subscriptionId, resourceGroup, dpsName }, []);
    const address = await openAddress(number, dpsName.toLowerCase());
    const service = openService(number, { ...this.#options, addressOf: () => address });
    this.#services = [...this.#services, service];
    await this.onChange();
    return service;
  }

  /** Deletes a service with everything in it; the hubs and their devices stay. */
  async delete(service: ProvisioningService): Promise<void> {
    const { databases } = this.#options;
    this.#services = this.#services.filter((one) => one !== service);
    const { main } = databases;
    main.transaction(() => {
      main.prepare('DELETE FROM provisioning_service WHERE number = ?').run(service.number);
      // The main database has the first service, and more.
      if (service.number === 1) main.exec(emptyService);
    })();
    if (service.number !== 1) databases.remove('service', service.number);
    await this.onChange();
  }

  byIdScope(idScope: string): ProvisioningService | undefined {
    return this.#services.find(({ identity }) => same(identity.idScope, idScope));
  }
}

/** Deletes the first service's data from the main database, within a transaction. */
const emptyService = `
  DELETE FROM certificate; DELETE FROM enrollment_group; DELETE FROM enrollment_group_ca;
  DELETE FROM individual_enrollment; DELETE FROM registration; DELETE FROM operation;
  DELETE FROM linked_hub; DELETE FROM hub_name; DELETE FROM issuing_authority;
  DELETE FROM policy WHERE owner = '${servicePolicies}';
  DELETE FROM setting WHERE name IN ('idScope', 'service');
`;

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
