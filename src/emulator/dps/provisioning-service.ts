/** A provisioning service: its names, its data, and what decides about its devices. */

import type { AllocationPolicy } from '../../dps/contract/schemas.js';
import type { HubDirectory, ManagedIdentity } from '../hub/hub-directory.js';
import type { StateDatabase } from '../state/database.js';
import type { StateDatabases } from '../state/databases.js';
import { armEtagOf, newArmEtag } from '../state/etag.js';
import {
  type Policy,
  readPolicies,
  readServiceIdentity,
  readSetting,
  type ServiceIdentity,
  servicePolicies,
  writePolicies,
  writeSetting,
} from '../state/identity.js';
import { HostNames, type Ports } from '../wire/network/host-names.js';
import { DeviceAttestation } from './attestation/device-attestation.js';
import { type QuotaLimits, Quotas } from './quotas.js';
import { defaultAllocationPolicy } from './registration/allocation.js';
import type { DeviceRegistry, PolicyReference } from './registry/device-registry.js';
import { Certificates } from './state/ca-certificates.js';
import { IssuingAuthorities } from './state/issuing-authorities.js';
import { LinkedHubs } from './state/linked-hubs.js';
import { EnrollmentGroups } from './state/stored-groups.js';
import { IndividualEnrollments } from './state/stored-individuals.js';
import { RegistrationRecords } from './state/stored-registrations.js';

/** The settings of a provisioning service, which clients change through Azure Resource Manager. */
export interface ServiceSettings {
  location: string;
  tags: Record<string, string>;
  /** For enrollments without an allocation policy. */
  allocationPolicy: Exclude<AllocationPolicy, 'custom'>;
  sku: { name: string; capacity: number };
  /** The managed identities, which the emulator shows and does not need. */
  managedIdentity?: ManagedIdentity | undefined;
}

export interface ProvisioningService {
  /** From 1; the service's loopback address ends with it. */
  readonly number: number;
  readonly identity: ServiceIdentity;
  readonly settings: Readonly<ServiceSettings>;
  readonly etag: string;
  /** Replaces the settings, and makes a new etag. */
  change(settings: ServiceSettings): void;
  replacePolicies(policies: readonly Policy[]): void;
  readonly policies: readonly Policy[];
  readonly names: HostNames;
  readonly certificates: Certificates;
  readonly groups: EnrollmentGroups;
  readonly individuals: IndividualEnrollments;
  readonly records: RegistrationRecords;
  /** The linked hubs. */
  readonly hubs: LinkedHubs;
  readonly issuing: IssuingAuthorities;
  /** Of the emulator, with the namespace that the service is linked to. */
  readonly registry: DeviceRegistry;
  /** Why an enrollment cannot name a policy, as a sentence. */
  policyProblem(reference: PolicyReference): string | undefined;
  /** Decides which devices may register. */
  readonly attestation: DeviceAttestation;
  readonly quotas: Quotas;
  readonly now: () => Date;
}

export interface OpenServiceOptions {
  databases: StateDatabases;
  hubs: HubDirectory;
  registry: DeviceRegistry;
  now: () => Date;
  /** The address of the service of a number. */
  addressOf: (number: number, name: string) => string;
  ports: () => Ports;
  /** Undefined for no limits. */
  limits: QuotaLimits | undefined;
  /** Whether devices must present their chain up to a verified CA. */
  fullChain: boolean;
}

/** The settings of a new service. */
export const defaultSettings: ServiceSettings = {
  location: 'local',
  tags: {},
  allocationPolicy: defaultAllocationPolicy,
  sku: { name: 'S1', capacity: 1 },
};

/** Opens a service of the state. */
export function openService(
  number: number,
  { databases, hubs: directory, registry, now, addressOf, ports, limits, fullChain }: OpenServiceOptions,
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
  const attestation = new DeviceAttestation({ certificates, groups, individuals, fullChain, now });
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
    registry,
    policyProblem: (reference) => registry.problemOf({ identity }, reference),
    quotas,
    now,
    attestation,
    change(to: ServiceSettings) {
      settings = { ...to, etag: newArmEtag() };
      writeSetting(database, 'service', JSON.stringify(settings));
    },
  };
}

function readSettings(database: StateDatabase): ServiceSettings & { etag: string } {
  const stored = readSetting(database, 'service');
  if (stored !== undefined) return JSON.parse(stored) as ServiceSettings & { etag: string };
  // An etag that stays the same until the service is changed for the first time.
  const { idScope } = readServiceIdentity(database);
  return { ...defaultSettings, etag: armEtagOf(Number.parseInt(idScope.slice(-8), 16)) };
}
