import type { Target } from './target.js';

/**
 * What is known of a message that an earlier attempt may have sent. `unknown`: the hub cannot be asked, so the message
 * is sent again with the same ID, by which a receiver recognizes the repetition.
 */
export type MessageState = 'arrived' | 'missing' | 'unknown';

/**
 * Asks whether a message must be sent again that was possibly sent before: by a run that was killed, or over a
 * connection that was lost before the acknowledgment.
 *
 * @throws EnrollkitError when an emulator that can be asked does not answer
 */
export async function stateOfMessage(
  { messageArrived }: Pick<Target, 'messageArrived'>,
  deviceId: string,
  messageId: string,
): Promise<MessageState> {
  if (messageArrived === undefined) return 'unknown';
  return (await messageArrived(deviceId, messageId)) ? 'arrived' : 'missing';
}
