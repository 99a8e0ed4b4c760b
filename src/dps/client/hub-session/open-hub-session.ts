/** Opens the session of a device at its hub, over any protocol. */
import type { HubSession, HubSessionOptions } from './hub-session.js';

/**
 * Connects, and subscribes to everything that a hub sends.
 *
 * @throws EnrollkitError HUB_REFUSED, NETWORK, SERVER_NOT_TRUSTED, TIMEOUT; the signal's reason when it was aborted, also from the
 *   session's methods
 */
export async function openHubSession(options: HubSessionOptions): Promise<HubSession> {
  if (options.protocol.startsWith('amqp')) {
    return (await import('../amqp/amqp-hub-session.js')).openAmqpHubSession(options);
  }
  return (await import('./mqtt-hub-session.js')).openMqttHubSession(options);
}
