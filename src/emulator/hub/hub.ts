/** A hub of the emulator: device identities, twins, messages in both directions, and direct methods. */
import type { StateDatabase } from '../state/database.js';
import type { Policy } from '../state/identity.js';
import type { HostNames } from '../wire/network/host-names.js';
import { CertificateRenewals, type DeviceCertificateIssuer, RenewalRefused } from './certificate-renewals.js';
import { CloudToDeviceMessages } from './cloud-to-device.js';
import { HubDevices } from './devices.js';
import { DirectMethods } from './direct-methods.js';
import { ConsumerGroups } from './event-hub/consumer-groups.js';
import { HubEvents } from './event-hub/events.js';
import { EventReaders } from './event-hub/readers.js';
import { DeviceIdentities } from './identities.js';
import { MessageFeedback } from './message-feedback.js';
import { HubMessages } from './messages.js';
import { KeptSubscriptions } from './subscriptions.js';
import { HubTwins } from './twins.js';

export interface Hub {
  readonly devices: HubDevices;
  /** The same devices, as the service creates and changes them. */
  readonly identities: DeviceIdentities;
  readonly twins: HubTwins;
  /** Sent by devices. */
  readonly messages: HubMessages;
  /** The same as events, for back ends. */
  readonly eventHub: { events: HubEvents; consumerGroups: ConsumerGroups; readers: EventReaders };
  /** Sent to devices. */
  readonly cloudToDevice: CloudToDeviceMessages;
  /** The outcome of messages sent to devices. */
  readonly feedback: MessageFeedback;
  readonly methods: DirectMethods;
  /** The devices that receive their messages over MQTT as soon as they connect. */
  readonly subscriptions: KeptSubscriptions;
  /** Operational certificates that devices ask for. */
  readonly renewals: CertificateRenewals;
  /** The CAs whose certificates let in devices of the kind `certificateAuthority`: DER. */
  readonly authorities: () => readonly Buffer[];
  /**
   * Whether a device that registered through DPS is let in with another certificate of the same CA before it registers
   * with it. Azure knows the device by the thumbprint of the certificate that registered.
   */
  readonly allowsRenewedCertificates: boolean;
}

/** A hub with what clients reach it by. */
export interface HostedHub {
  readonly hubId: string;
  readonly hub: Hub;
  readonly created: Date;
  /** What clients dial, and what their tokens may name. */
  readonly names: HostNames;
  /** What its back ends may do. */
  readonly policies: readonly Policy[];
}

/** The rights of a shared access policy of IoT Hub. */
export type HubRight = 'RegistryRead' | 'RegistryWrite' | 'ServiceConnect' | 'DeviceConnect';

/**
 * Opens the hub of a state. There must be one object per hub: deleting a device ends the connection that was opened
 * through the same object.
 */
export function openHub(
  database: StateDatabase,
  now: () => Date,
  authorities: () => readonly Buffer[] = () => [],
  allowsRenewedCertificates = false,
  issueCertificate: DeviceCertificateIssuer = noIssuer,
): Hub {
  const devices = new HubDevices(database, now);
  const messages = new HubMessages(database, now);
  const feedback = new MessageFeedback(database, now, () => cloudToDevice.expire());
  const cloudToDevice = new CloudToDeviceMessages(database, devices, feedback, now);
  return {
    devices,
    identities: new DeviceIdentities(devices),
    twins: new HubTwins(database, now),
    messages,
    eventHub: {
      events: new HubEvents(database, now, messages),
      consumerGroups: new ConsumerGroups(database, now),
      readers: new EventReaders(),
    },
    cloudToDevice,
    feedback,
    methods: new DirectMethods(devices),
    subscriptions: new KeptSubscriptions(database),
    renewals: new CertificateRenewals(devices, issueCertificate, now),
    authorities,
    allowsRenewedCertificates,
  };
}

async function noIssuer(): Promise<never> {
  throw new RenewalRefused('noPolicy', 'No service issues certificates to the devices of this hub.');
}
