/** The fault file: rules that say which requests meet which fault, and how often. */

import * as z from 'zod';
import { sentences } from '../../languages/language.js';
import { certificateProblems, tlsVersions, transports } from '../wire/faults.js';
import { operationNames } from './operations.js';

const maxMilliseconds = 600_000;

const milliseconds = z.int().min(0).max(maxMilliseconds);
const wait = z
  .union([milliseconds, z.tuple([milliseconds, milliseconds])], { error: sentences.emulator.waitForms })
  .describe('Milliseconds, or a range from which a number is drawn: [100, 500].');
const seconds = z.int().min(0).max(86_400);

/** One value, or a list of them. */
function oneOrMore<Value extends z.ZodType>(value: Value) {
  return z.union([value, z.array(value).min(1)]);
}

const match = z.strictObject({
  plane: oneOrMore(z.enum(['arm', 'service', 'device', 'hub']))
    .optional()
    .describe(
      'Azure Resource Manager, the service plane, the device plane, or a hub; any when it is left out.',
    ),
  transport: oneOrMore(z.enum(transports)).optional(),
  operation: oneOrMore(z.enum(operationNames))
    .optional()
    .describe('As docs/emulator-support.md names it; "connect" is a new MQTT or AMQP connection.'),
  id: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe(
      'A registration ID or device ID, or the name of what else is asked for; * stands for any characters.',
    ),
});

const fault = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('status').describe('The request is refused, and has no effect.'),
    status: z.int().min(400).max(599),
    errorCode: z
      .int()
      .optional()
      .describe('The number of DPS: the status times 1000, plus a detail; status 429 has 429001.'),
    message: z.string().min(1).max(1000).optional(),
    retryAfter: seconds.optional().describe('Seconds; no Retry-After when it is left out.'),
  }),
  z.strictObject({
    type: z.literal('throttle').describe('Beyond a rate, requests are refused with 429.'),
    requests: z.int().min(0).max(1_000_000),
    seconds: z.int().min(1).max(86_400),
    retryAfter: seconds
      .optional()
      .describe('Seconds; when it is left out, the time until the next request is let through.'),
  }),
  z.strictObject({
    type: z.literal('latency').describe('The request waits, and is then handled.'),
    milliseconds: wait,
  }),
  z.strictObject({
    type: z.literal('reset').describe('The connection is reset without an answer.'),
    effect: z
      .enum(['before', 'after'])
      .default('before')
      .describe('Whether the request is handled first: "after" is a lost answer.'),
  }),
  z.strictObject({
    type: z
      .literal('truncate')
      .describe('The connection is closed after half of the body of an answer. HTTPS only.'),
  }),
  z.strictObject({
    type: z.literal('drip').describe('The answer comes slowly. HTTPS only.'),
    bytesPerSecond: z.int().min(1).max(1_000_000),
  }),
  z.strictObject({
    type: z
      .literal('certificate')
      .describe('The server has another certificate. For whole listeners: a match has a transport only.'),
    problem: z.enum(certificateProblems),
  }),
  z.strictObject({
    type: z
      .literal('tls-version')
      .describe(
        'The server speaks one version of TLS only. For whole listeners: a match has a transport only.',
      ),
    only: z.enum(tlsVersions),
  }),
  z.strictObject({
    type: z.literal('disconnect').describe('The connection is closed. MQTT and AMQP only.'),
    after: z
      .union([z.enum(['connect', 'effect']), z.int().min(0).max(1_000_000)])
      .describe(
        '"connect": instead of an answer to the first packet; "effect": a request is handled and not answered; a number: how many packets (MQTT) or frames (AMQP) of the client are handled after the first.',
      ),
  }),
  z.strictObject({
    type: z.literal('duplicate').describe('A message is delivered twice. MQTT and AMQP only.'),
  }),
  z.strictObject({
    type: z
      .literal('late')
      .describe('A message is acknowledged at once and delivered later. MQTT and AMQP only.'),
    milliseconds: wait,
  }),
  z.strictObject({
    type: z.literal('assigning').describe('A poll for a registration is answered with assigning.'),
  }),
]);

const rule = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9._-]{1,64}$/, sentences.emulator.ruleIdRule)
      .describe('In the log with each fault that the rule injects.'),
    match: match.optional(),
    fault,
    when: z
      .strictObject({
        probability: z.number().min(0).max(1).optional().describe('1 when it is left out.'),
        after: z
          .int()
          .min(0)
          .optional()
          .describe('How many matching requests are let through first; 0 when it is left out.'),
        count: z.int().min(1).optional().describe('How often at most; any number when it is left out.'),
        until: z.iso
          .datetime({ offset: true, error: sentences.emulator.notATime })
          .optional()
          .describe('The rule ends at this time of the emulator’s clock.'),
      })
      .optional(),
  })
  .superRefine((given, context) => {
    for (const { path, message } of problemsOf(given)) context.addIssue({ code: 'custom', path, message });
  });

type GivenRule = { match?: z.infer<typeof match> | undefined; fault: z.infer<typeof fault> };

function problemsOf({ match: given = {}, fault: asked }: GivenRule): { path: string[]; message: string }[] {
  const problems: { path: string[]; message: string }[] = [];
  const handshake = asked.type === 'certificate' || asked.type === 'tls-version';
  if (handshake) {
    for (const field of ['plane', 'operation', 'id'] as const) {
      if (given[field] === undefined) continue;
      problems.push({
        path: ['match', field],
        message: sentences.emulator.notInHandshake,
      });
    }
    const allowed = listOf(given.transport).every((one) => !one.endsWith('-ws'));
    if (!allowed) {
      problems.push({ path: ['match', 'transport'], message: sentences.emulator.webSocketListener });
    }
  }
  const suited = transports.filter((transport) => appliesTo(asked.type, transport));
  const chosen = listOf(given.transport);
  if (!handshake && chosen.length > 0 && !chosen.some((one) => suited.includes(one))) {
    const message = sentences.emulator.faultTransports(suited);
    problems.push({ path: ['match', 'transport'], message });
  }
  if (asked.type === 'status' && asked.errorCode !== undefined) {
    if (Math.floor(asked.errorCode / 1000) !== asked.status) {
      const message = sentences.emulator.errorCodeRange(asked.status);
      problems.push({ path: ['fault', 'errorCode'], message });
    }
  }
  if ('milliseconds' in asked && Array.isArray(asked.milliseconds)) {
    const [from, to] = asked.milliseconds;
    if (from > to)
      problems.push({ path: ['fault', 'milliseconds'], message: sentences.emulator.rangeBackwards });
  }
  return problems;
}

/** Whether faults of a type can happen on a transport. */
export function appliesTo(type: z.infer<typeof fault>['type'], transport: string): boolean {
  if (type === 'truncate' || type === 'drip') return transport === 'https';
  if (type === 'disconnect' || type === 'duplicate' || type === 'late') return transport !== 'https';
  return true;
}

export function listOf<Value>(given: Value | readonly Value[] | undefined): readonly Value[] {
  if (given === undefined) return [];
  return Array.isArray(given) ? (given as readonly Value[]) : [given as Value];
}

export const faultFileSchema = z
  .strictObject({
    $schema: z.string().optional(),
    rules: z.array(rule).max(1000),
  })
  .superRefine(({ rules }, context) => {
    const seen = new Set<string>();
    for (const [index, { id }] of rules.entries()) {
      if (seen.has(id)) {
        context.addIssue({
          code: 'custom',
          path: ['rules', index, 'id'],
          message: sentences.emulator.ruleListedTwice,
        });
      }
      seen.add(id);
    }
  })
  .meta({ title: 'Faults of the enrollkit emulator' });

/** The faults of an emulator, as written in a file. */
export type FaultFile = z.input<typeof faultFileSchema>;
export type FaultRule = z.infer<typeof rule>;
