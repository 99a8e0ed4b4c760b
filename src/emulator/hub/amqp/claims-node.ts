/**
 * `$cbs`: clients put tokens there, and learn whether they are good.
 *
 * Source: OASIS, AMQP Claims-based Security 1.0; azure-iot-amqp-base, amqp_cbs.
 */
import rhea, { type Message } from 'rhea';
import { hubAmqp } from '../../../dps/contract/amqp.js';
import { AmqpError } from '../../wire/amqp/amqp-error.js';
import { bodyOf, stringOf } from '../../wire/amqp/message.js';
import { type Attached, type AttachRequest, type Link, sendReply } from '../../wire/amqp/node.js';

export interface ClaimsOptions {
  /** Takes a token. @returns why it is refused, or undefined when it is good */
  take(authorization: string): Promise<string | undefined>;
}

/** Tokens that a client may put before the first one is judged. */
const credit = 10;

/** The node `$cbs` of one connection. */
export function claimsNode({ take }: ClaimsOptions): (request: AttachRequest) => Attached {
  let replies: Link | undefined;

  async function putToken(message: Message): Promise<void> {
    assertAttached(replies);
    const { code, description } = await judge(message);
    assertAttached(replies);
    sendReply(replies, {
      correlation_id: message.message_id ?? message.correlation_id,
      application_properties: {
        // The SDK for C reads an int, not the smallest type that holds the number.
        'status-code': rhea.types.wrap_int(code),
        'status-description': description,
      },
    });
  }

  async function judge(message: Message): Promise<{ code: number; description: string }> {
    const properties = message.application_properties;
    if (stringOf(properties, 'operation') !== 'put-token') {
      return { code: 501, description: 'Only put-token is implemented in this emulator.' };
    }
    if (stringOf(properties, 'type') !== hubAmqp.sasTokenType) {
      return { code: 400, description: `The type of a token is ${hubAmqp.sasTokenType}.` };
    }
    const refusal = await take(bodyOf(message).toString('utf8'));
    return refusal === undefined
      ? { code: 200, description: 'OK' }
      : { code: 401, description: 'Unauthorized' };
  }

  return ({ direction, link }) => {
    if (direction === 'from-client') return { credit, receive: putToken, operationOf: () => 'putToken' };
    replies = link;
    return {
      closed() {
        if (replies === link) replies = undefined;
      },
    };
  };
}

/** @throws AmqpError notAllowed */
function assertAttached(replies: Link | undefined): asserts replies is Link {
  if (!replies) throw new AmqpError('notAllowed', 'Attach a link that receives the answers first.');
}
