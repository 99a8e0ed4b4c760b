/** What each node of a device at its hub is, and is given. */

import type { Attached, AttachRequest, Link } from '../../wire/amqp/node.js';
import type { Hub } from '../hub.js';

/** What the nodes of a device share. */
export interface DeviceContext {
  deviceId: string;
  hub: Hub;
  note(operation: string, status: number, reason?: string): void;
}

/** One of a device's nodes, for one connection: what it does with links, by where their messages go. */
export type DeviceNode = (
  context: DeviceContext,
) => Partial<Record<AttachRequest['direction'], (link: Link) => Attached>>;
