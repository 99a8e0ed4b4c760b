/** What a node of a device at its hub is, and is given. */
import type { Attached, AttachRequest, Link } from '../../wire/amqp/node.js';
import type { Outcome } from '../../wire/events.js';
import type { Hub } from '../hub.js';
import type { AuthMethod } from '../messages.js';

/** What the nodes of a device share. */
export interface DeviceContext {
  deviceId: string;
  hub: Hub;
  /** How the device proved who it is. */
  authMethod(): AuthMethod;
  /** Reports an operation of this device. */
  report(outcome: Omit<Outcome, 'id'>): void;
}

/** One of a device's nodes on one connection: what it does with links, by the direction of their messages. */
export type DeviceNode = (
  context: DeviceContext,
) => Partial<Record<AttachRequest['direction'], (link: Link) => Attached>>;
