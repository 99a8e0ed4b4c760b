/** The provisioning services of an emulator. Each keeps what it knows in a state of its own, and shares the hubs. */
import type { AllocationPolicy } from '../dps/contract/schemas.js';
import { defaultAllocationPolicy } from './allocation.js';
import { Attestation } from './attestation.js';
import { HostNames, type Ports } from './host-names.js';
import type { HubDirectory } from './hub-directory.js';
import { type CountLimits, mostOf, type QuotaLimits, Quotas } from './quotas.js';
import { Registrations } from './registration.js';
import { Certificates } from './state/certificates.js';
import type { StateDatabase } from './state/database.js';
import type { StateDatabases } from './state/databases.js';
import { EnrollmentGroups } from './state/enrollment-groups.js';
import { newArmEtag } from './state/etag.js';
import { LinkedHubs } from './state/hubs.js';
import {
  makeServiceIdentity,
  type Policy,
  readPolicies,
  readServiceIdentity,
  readSetting,
  type ServiceIdentity,
  servicePolicies,
  writePolicies,
  writeSetting,
} from './state/identity.js';
import { IndividualEnrollments } from './state/individual-enrollments.js';
import { IssuingAuthorities } from './state/issuing-authorities.js';
import { RegistrationRecords } from './state/registration-records.js';

/** What Azure Resource Manager lets people set of a provisioning service. */
export interface ServiceSettings {
  location: string;
  tags: Record<string, string>;
  /** For enrollments that name none. */
  allocationPolicy: Exclude<AllocationPolicy, 'custom'>;
  sku: { name: string; capacity: number };
}

export interface ProvisioningService {
  /** Which of the services it is, from 1; its loopback address ends with it. */
  readonly number: number;
  readonly identity: ServiceIdentity;
  readonly settings: Readonly<ServiceSettings>;
  readonly etag: string;
  /** Sets them, under a new etag. */
  change(settings: ServiceSettings): void;
  replacePolicies(policies: readonly Policy[]): void;
  readonly policies: readonly Policy[];
  readonly names: HostNames;
  readonly certificates: Certificates;
  readonly groups: EnrollmentGroups;
  readonly individuals: IndividualEnrollments;
  readonly records: RegistrationRecords;
  /** Those that it links. */
  readonly hubs: LinkedHubs;
  readonly issuing: IssuingAuthorities;
  readonly registrations: Registrations;
  readonly quotas: Quotas;
}

export interface ServiceDirectoryOptions {
  databases: StateDatabases;
  hubs: HubDirectory;
  now: () => Date;
  /** What a service of this number is bound to. */
  addressOf: (number: number, name: string) => string;
  ports: () => Ports;
  /** Undefined for none. */
  limits: QuotaLimits | undefined;
  /** Whether devices must present their chain up to a verified CA. */
  fullChain: boolean;
  /** Of all services. */
  subscriptionId: string;
  /** Opens the address of a service that is made while the emulator runs; gives what it is bound to. */
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

  /** In the order of their making. */
  list(): readonly ProvisioningService[] {
    return this.#services;
  }

  get(dpsName: string): ProvisioningService | undefined {
    return this.#services.find(({ identity }) => same(identity.dpsName, dpsName));
  }

  /** How many of these there may be, of services or in one; Infinity without quotas. */
  most(of: keyof CountLimits): number {
    return mostOf(this.#options.limits, of);
  }

  /** Makes a service that links no hub; its name is free. It can be dialled when this resolves. */
  async create(dpsName: string, resourceGroup: string): Promise<ProvisioningService> {
    const { databases, subscriptionId, openAddress } = this.#options;
    const number = makeService(databases, { subscriptionId, resourceGroup, dpsName }, []);
    const address = await openAddress(number, dpsName.toLowerCase());
    const service = openService(number, { ...this.#options, addressOf: () => address });
    this.#services = [...this.#services, service];
    return service;
  }

  /** Deletes a service and all that it knows; the hubs stay, with their devices. */
  delete(service: ProvisioningService): void {
    const { databases } = this.#options;
    this.#services = this.#services.filter((one) => one !== service);
    databases.main.prepare('DELETE FROM provisioning_service WHERE number = ?').run(service.number);
    // That of the first is in the file of everything else.
    if (service.number === 1) databases.main.exec(emptyService);
    else databases.remove('service', service.number);
  }

  byIdScope(idScope: string): ProvisioningService | undefined {
    return this.#services.find(({ identity }) => same(identity.idScope, idScope));
  }
}

/** The settings of a service that nobody set. */
export const defaultSettings: ServiceSettings = {
  location: 'local',
  tags: {},
  allocationPolicy: defaultAllocationPolicy,
  sku: { name: 'S1', capacity: 1 },
};

/**
 * Makes the services that are named and not there yet, each linked to all hubs.
 *
 * @param identity of the first service: the others are in its subscription and resource group
 */
export function makeServices(
  databases: StateDatabases,
  names: readonly string[],
  identity: ServiceIdentity,
  hubIds: readonly string[],
): void {
  const { main } = databases;
  const known = new Set(
    (main.prepare('SELECT name_key FROM provisioning_service').all() as { name_key: string }[]).map(
      (row) => row.name_key,
    ),
  );
  for (const name of new Set(names)) {
    if (known.has(name.toLowerCase())) continue;
    const { subscriptionId, resourceGroup } = identity;
    makeService(databases, { subscriptionId, resourceGroup, dpsName: name }, hubIds);
  }
}

/** @returns its number */
function makeService(
  databases: StateDatabases,
  identity: Omit<ServiceIdentity, 'idScope'>,
  hubIds: readonly string[],
): number {
  const { main } = databases;
  const { number } = main
    .prepare('SELECT coalesce(max(number), 0) + 1 AS number FROM provisioning_service')
    .get() as { number: number };
  const database = databases.of('service', number);
  database.transaction(() => {
    makeServiceIdentity(database, identity);
    linkHubs(database, hubIds);
  })();
  main.prepare('INSERT INTO provisioning_service VALUES (?, ?)').run(number, identity.dpsName.toLowerCase());
  return number;
}

/** What the first service has in the main file. */
const emptyService = `
  BEGIN;
  DELETE FROM certificate; DELETE FROM enrollment_group; DELETE FROM enrollment_group_ca;
  DELETE FROM individual_enrollment; DELETE FROM registration; DELETE FROM operation;
  DELETE FROM hub; DELETE FROM hub_name; DELETE FROM issuing_authority;
  DELETE FROM policy WHERE owner = '${servicePolicies}';
  DELETE FROM setting WHERE name IN ('idScope', 'service');
  COMMIT;
`;

/** Links hubs to a service as one that nobody set anything of: all alike. */
export function linkHubs(database: StateDatabase, hubIds: readonly string[]): void {
  const insert = database.prepare(
    'INSERT OR IGNORE INTO hub SELECT ?, ?, 1, 1, coalesce(max(position), -1) + 1 FROM hub',
  );
  for (const hubId of hubIds) insert.run(hubId, defaultSettings.location);
}

function openService(
  number: number,
  { databases, hubs: directory, now, addressOf, ports, limits, fullChain }: ServiceDirectoryOptions,
): ProvisioningService {
  const database = databases.of('service', number);
  const identity = readServiceIdentity(database);
  const name = identity.dpsName.toLowerCase();
  const azureNames = [`${name}.azure-devices-provisioning.net`, `${name}.localhost`];
  const shared = number === 1 ? ['global.azure-devices-provisioning.net', 'management.azure.com'] : [];
  const certificates = new Certificates(database);
  const groups = new EnrollmentGroups(database);
  const individuals = new IndividualEnrollments(database);
  const records = new RegistrationRecords(database);
  const hubs = new LinkedHubs(database, directory);
  const issuing = new IssuingAuthorities(database, now);
  const attestation = new Attestation({ certificates, groups, individuals, fullChain, now });
  const quotas = new Quotas(limits, now);
  let settings = readSettings(database);
  let policies: readonly Policy[] = readPolicies(database, servicePolicies);
  return {
    number,
    identity,
    get settings() {
      return settings;
    },
    get etag() {
      return settings.etag;
    },
    get policies() {
      return policies;
    },
    replacePolicies(to) {
      writePolicies(database, servicePolicies, to);
      policies = readPolicies(database, servicePolicies);
    },
    names: new HostNames(addressOf(number, name), [...azureNames, ...shared], ports, number === 1),
    certificates,
    groups,
    individuals,
    records,
    hubs,
    issuing,
    quotas,
    registrations: new Registrations({
      attestation,
      records,
      hubs,
      issuing,
      quotas,
      defaultPolicy: () => settings.allocationPolicy,
      now,
    }),
    change(to: ServiceSettings) {
      settings = { ...to, etag: newArmEtag() };
      writeSetting(database, 'service', JSON.stringify(settings));
    },
  };
}

function readSettings(database: StateDatabase): ServiceSettings & { etag: string } {
  const stored = readSetting(database, 'service');
  if (stored !== undefined) return JSON.parse(stored) as ServiceSettings & { etag: string };
  // Of a service that nobody changed yet: the same as long as that is so.
  return { ...defaultSettings, etag: Buffer.from(readServiceIdentity(database).idScope).toString('base64') };
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
