/** Faults by name, for those who want bad weather without writing a file. */
import type { FaultFile } from './schema.js';

export const presetNames = ['mild', 'wild'] as const;
export type PresetName = (typeof presetNames)[number];

/** About 5 % of requests: what a client meets in an ordinary month. */
const mild: FaultFile = {
  rules: [
    rule('latency', 0.02, { type: 'latency', milliseconds: [50, 500] }),
    rule('throttled', 0.015, { type: 'status', status: 429, retryAfter: 1 }),
    rule('failed', 0.006, { type: 'status', status: 500 }),
    rule('unavailable', 0.006, { type: 'status', status: 503, retryAfter: 1 }),
    rule('reset', 0.004, { type: 'reset', effect: 'before' }),
  ],
};

const dps: Rule['match'] = { plane: ['arm', 'service', 'device'] };
const hub: Rule['match'] = { plane: 'hub' };
const hubOverHttps: Rule['match'] = { plane: 'hub', transport: 'https' };
const twins: Rule['match'] = {
  plane: 'hub',
  transport: ['mqtt', 'mqtt-ws', 'amqp', 'amqp-ws'],
  operation: ['getTwin', 'patchReported'],
};

/**
 * About 30 % of requests: everything except faults of the server's certificate and of TLS, which no retry survives. A
 * message to a hub over MQTT is delayed more often than lost, since it has no answer that refuses it, and a client cannot
 * repeat it without sending it twice.
 */
const wild: FaultFile = {
  rules: [
    rule('latency', 0.09, { type: 'latency', milliseconds: [10, 400] }),
    rule('throttled', 0.06, { type: 'status', status: 429, retryAfter: 1 }, dps),
    rule('failed', 0.035, { type: 'status', status: 500 }, dps),
    rule('unavailable', 0.035, { type: 'status', status: 503, retryAfter: 1 }, dps),
    rule('reset', 0.03, { type: 'reset', effect: 'before' }, dps),
    rule('lost-answer', 0.03, { type: 'reset', effect: 'after' }, dps),
    rule('disconnected', 0.02, { type: 'disconnect', after: 'effect' }, dps),
    rule('hub-latency', 0.16, { type: 'latency', milliseconds: [10, 400] }, hub),
    rule('hub-throttled', 0.06, { type: 'status', status: 429, retryAfter: 1 }, hubOverHttps),
    rule('hub-failed', 0.06, { type: 'status', status: 500 }, hubOverHttps),
    rule('twin-throttled', 0.06, { type: 'status', status: 429 }, twins),
    rule('twin-failed', 0.06, { type: 'status', status: 500 }, twins),
    rule('hub-reset', 0.015, { type: 'reset', effect: 'before' }, hub),
    rule('hub-lost-answer', 0.015, { type: 'reset', effect: 'after' }, hub),
    rule('truncated', 0.02, { type: 'truncate' }),
    rule('dripped', 0.02, { type: 'drip', bytesPerSecond: 4000 }),
    rule('twice', 0.02, { type: 'duplicate' }, { operation: ['register', 'getOperation', 'receiveMessage'] }),
    rule('late', 0.02, { type: 'late', milliseconds: [10, 400] }),
    rule('still-assigning', 0.1, { type: 'assigning' }),
  ],
};

export const presets: Record<PresetName, FaultFile> = { mild, wild };

type Rule = FaultFile['rules'][number];

function rule(id: string, probability: number, fault: Rule['fault'], match?: Rule['match']): Rule {
  return { id, ...(match === undefined ? {} : { match }), fault, when: { probability } };
}
