/** What the planes and protocols of an emulator share: its services, its hubs, its clock and its log. */
import type { EmulatorClock } from './clock.js';
import { limitsOf } from './dps/quotas.js';
import { hubCertificateIssuer } from './dps/registration/hub-certificates.js';
import { Registrations } from './dps/registration/registrations.js';
import type { RegistrationVerdict } from './dps/registration/verdict.js';
import { DeviceRegistry } from './dps/registry/device-registry.js';
import { ServiceDirectory } from './dps/service-directory.js';
import { RegistryResources } from './dps/state/registry-resources.js';
import { HubDirectory } from './hub/hub-directory.js';
import type { EmulatorOptions } from './options.js';
import type { StateDatabases } from './state/databases.js';
import { EventLog } from './wire/events.js';
import type { HttpsListener } from './wire/http/https-listener.js';
import type { HostAddresses } from './wire/network/host-addresses.js';
import type { Ports } from './wire/network/host-names.js';
import { ServedApiVersions } from './wire/served-api-versions.js';

export interface EmulatorCore {
  services: ServiceDirectory;
  hubs: HubDirectory;
  registry: DeviceRegistry;
  registrations: Registrations;
  versions: ServedApiVersions;
  now: () => Date;
  log: EventLog;
  /** Set once the listeners are open, before a client is answered. */
  listening: {
    ports: Ports;
    https: Pick<HttpsListener, 'accept'> | undefined;
    /** Listens at one more address, for every protocol; false when the machine does not permit it. */
    listenAt: (address: string) => Promise<boolean>;
  };
}

export interface CoreOptions
  extends Pick<
    EmulatorOptions,
    'log' | 'quotas' | 'fullChain' | 'allowRenewedCertificates' | 'strictApiVersions'
  > {
  databases: StateDatabases;
  clock: EmulatorClock;
  subscriptionId: string;
  addresses: HostAddresses;
  onVerdict?: ((verdict: RegistrationVerdict) => void) | undefined;
}

/** Opens the services and hubs of the state. */
export function openCore({
  databases,
  clock: { now },
  subscriptionId,
  addresses,
  log = () => {},
  quotas = false,
  fullChain = false,
  allowRenewedCertificates = false,
  strictApiVersions = false,
  onVerdict,
}: CoreOptions): EmulatorCore {
  const listening: EmulatorCore['listening'] = {
    ports: { https: 0, mqtt: 0, amqp: 0 },
    https: undefined,
    listenAt: async () => false,
  };
  const shared = { databases, now, ports: () => listening.ports };
  // Of a service or hub that is created while the emulator runs. The first one has the emulator's own address.
  const openAddress = async (number: number, address: string, name: string) =>
    number === 1 || (await listening.listenAt(address)) ? address : `${name}.localhost`;
  const hubs = new HubDirectory({
    ...shared,
    addressOf: addresses.ofHub,
    openAddress: (number, name) => openAddress(number, addresses.ofHub(number, name), name),
    allowsRenewedCertificates: allowRenewedCertificates,
  });
  const registry = new DeviceRegistry(new RegistryResources(databases.main));
  const services = new ServiceDirectory({
    ...shared,
    addressOf: addresses.ofService,
    hubs,
    registry,
    limits: limitsOf(quotas),
    fullChain,
    subscriptionId,
    openAddress: (number, name) => openAddress(number, addresses.ofService(number, name), name),
  });
  hubs.authorities = () => services.verifiedAuthorities();
  hubs.issueCertificate = hubCertificateIssuer(services, now);
  const registrations = new Registrations(services, now, onVerdict);
  const events = new EventLog(log, now);
  const versions = new ServedApiVersions({ strict: strictApiVersions, log: events });
  return { services, hubs, registry, registrations, versions, now, log: events, listening };
}
