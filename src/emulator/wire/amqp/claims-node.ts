/**
 * `$cbs`: a client puts tokens there, and is told whether they are good.
 *
 * Source: OASIS, AMQP Claims-based Security 1.0; azure-iot-amqp-base, amqp_cbs.
 */
import rhea, { type Message } from 'rhea';
import { hubAmqp } from '../../../dps/contract/amqp.js';
import { AmqpError, answerNotTaken } from './amqp-error.js';
import { bodyOf, stringOf } from './message.js';
import type { Attached, AttachRequest, Link } from './node.js';

export interface ClaimsOptions {
  /** Takes a token. @returns why not, or undefined when it does */
  take(authorization: string): Promise<string | undefined>;
}

/** Tokens that a client may put before the first is judged. */
const credit = 10;

export function claimsNode({ take }: ClaimsOptions): (request: AttachRequest) => Attached {
  let answers: Link | undefined;

  async function putToken(message: Message): Promise<void> {
    if (!answers) throw new AmqpError('notAllowed', 'Attach a link that receives the answers first.');
    const { code, description } = await judge(message);
    const sent = answers?.send({
      correlation_id: message.message_id ?? message.correlation_id,
      application_properties: {
        // The SDK for C reads an int, not the smallest type that holds the number.
        'status-code': rhea.types.wrap_int(code),
        'status-description': description,
      },
    } as unknown as Message);
    if (!sent) throw answerNotTaken();
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
    if (direction === 'from-client') return { credit, receive: putToken };
    answers = link;
    return {
      closed() {
        if (answers === link) answers = undefined;
      },
    };
  };
}
