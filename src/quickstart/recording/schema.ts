/** The schema of a recording; templates/recording.schema.json is written from it. */

import * as z from 'zod';
import { sentences } from '../../languages/language.js';
import { isPlaceOfRun } from '../../workspace/layout.js';
import { isPathInside } from '../../workspace/path-inside.js';
import { maxDevices, type Plan } from '../plan/fields.js';
import { planSchema } from '../plan/schema.js';

/** The version of the recordings that this release writes. */
export const recordingVersion = 1;

/** No text of a recording is longer; a run cuts longer ones as it records them. */
export const maxTextLength = 65_536;

/** Those of a plan with the most devices, and of the recording that it replays. */
const maxNames = 2 * (maxDevices + 4);

const milliseconds = z.number().min(0);

const failure = z
  .strictObject({
    code: z.string().describe('Of enrollkit (docs/errors.md), or of Node.js: ECONNRESET.'),
    message: z.string(),
    reason: z
      .union([z.string(), z.number()])
      .optional()
      .describe('The code of the failed connection, or the error code of DPS: 401002.'),
  })
  .describe('Why there was no answer, or why a step failed.');
export type RecordedFailure = z.infer<typeof failure>;

const body = {
  body: z.unknown().optional().describe('The body, where it is JSON.'),
  text: z.string().optional().describe('The body, where it is anything else.'),
};
const headers = z.record(z.string(), z.string()).optional();

const answer = z.strictObject({
  status: z
    .number()
    .int()
    .min(100)
    .max(599)
    .describe('Over MQTT: 200 for an acknowledgment. Over AMQP: that of HTTP for the same answer.'),
  headers: headers.describe('Only those that enrollkit reads.'),
  ...body,
});

const request = z
  .strictObject({
    at: z.iso.datetime().describe('When it was sent, by the clock of the computer.'),
    elapsedMs: milliseconds,
    plane: z
      .enum(['arm', 'service', 'device', 'hub', 'entra'])
      .describe('entra: a token was asked for; the URL is its scope, and the token is not recorded.'),
    method: z
      .enum(['GET', 'HEAD', 'PUT', 'POST', 'PATCH', 'DELETE', 'CONNECT', 'SUBSCRIBE', 'PUBLISH', 'SEND'])
      .describe('The HTTP method; CONNECT, SUBSCRIBE and PUBLISH are MQTT, SEND is AMQP.'),
    url: z
      .string()
      .regex(/^(https|mqtts|amqps):\/\//, { error: () => sentences.recording.notAUrl })
      .describe(
        'Over MQTT, the topic follows after a space, or the user name of CONNECT; over AMQP, the node and the operation.',
      ),
    clientId: z.string().optional().describe('MQTT and AMQP: the device.'),
    headers: headers.describe('Those that matter; credentials as their kind.'),
    ...body,
    answer: answer.optional(),
    failure: failure.optional(),
  })
  .describe('One attempt of one request: it has an answer or a failure.');
export type RecordedRequest = z.infer<typeof request>;

const portalAnswer = z.strictObject({
  question: z
    .enum(['verification-code', 'verified'])
    .describe('verified: whether the portal shows the CA certificate as verified.'),
  by: z.enum(['flag', 'person']).describe('flag: --verification-code.'),
  answer: z.string().describe('The code as it was given; yes or no.'),
});
export type PortalAnswer = z.infer<typeof portalAnswer>;

const step = z.strictObject({
  id: z.string().regex(/^[a-z-]+$/, { error: () => sentences.recording.notAStep }),
  title: z.string(),
  status: z
    .enum(['done', 'already', 'failed', 'interrupted'])
    .describe('already: it was found done, and nothing was changed.'),
  outcome: z.string().optional().describe('What the step found in the end, in one line of English.'),
  failure: failure.optional(),
  elapsedMs: milliseconds,
  sentAgain: z
    .array(z.string())
    .optional()
    .describe(
      'Devices whose message an interrupted run may have sent before, where the hub could not be asked.',
    ),
  answers: z.array(portalAnswer).optional().describe('What a person read in the portal.'),
  requests: z.array(request),
});
export type RecordedStep = z.infer<typeof step>;

const target = z
  .strictObject({
    kind: z.enum(['emulator', 'azure']),
    dpsName: z.string(),
    subscriptionId: z.string().optional(),
    resourceGroup: z.string().optional(),
    idScope: z.string().optional(),
    armEndpoint: z.string().regex(/^https:\/\//, { error: () => sentences.recording.notHttps }),
    serviceHostName: z.string(),
    globalDeviceEndpoint: z.string(),
    deviceMqttEndpoint: z.string(),
    deviceAmqpEndpoint: z.string().optional(),
    credentials: z
      .enum(['connection-string', 'entra', 'from-arm'])
      .describe('How the service plane was opened; from-arm: with a key that Azure Resource Manager gave.'),
    hubs: z.array(z.string()).describe('The hubs whose connection strings were known.'),
  })
  .describe('The provisioning service, without credentials.');
export type RecordedTarget = z.infer<typeof target>;

const certificate = z.strictObject({
  path: z
    .string()
    .refine((path) => isPathInside(path) && isPlaceOfRun(path), { error: () => sentences.recording.notAFile })
    .describe('In the certificate folder, with / between its parts.'),
  sha1Thumbprint: z.string().regex(/^[0-9A-F]{40}$/, { error: () => sentences.recording.notHexadecimal(40) }),
  sha256Thumbprint: z
    .string()
    .regex(/^[0-9A-F]{64}$/, { error: () => sentences.recording.notHexadecimal(64) }),
});

export const recordingSchema = z
  .strictObject({
    $schema: z.string().optional(),
    version: z.literal(recordingVersion),
    enrollkit: z.string().describe('The version of enrollkit.'),
    node: z.string().describe('The version of Node.js.'),
    platform: z.string().describe('As Node.js names it: linux, darwin, win32.'),
    arch: z.string(),
    startedAt: z.iso.datetime(),
    elapsedMs: milliseconds,
    replayOf: z
      .strictObject({
        startedAt: z.iso.datetime().describe('Of the run that was replayed.'),
        offline: z.boolean(),
        names: z
          .array(z.strictObject({ recorded: z.string().min(1), now: z.string().min(1) }))
          .max(maxNames)
          .describe('The names that the replay gave in place of the recorded ones.'),
      })
      .optional()
      .describe('Only in the recording of a replay.'),
    target,
    plan: planSchema,
    outcome: z.enum(['done', 'failed', 'interrupted']),
    failure: failure.optional(),
    steps: z.array(step).describe('Those that were begun, in their order.'),
    certificates: z.array(certificate).describe('Those that the run worked with.'),
  })
  .describe(
    'The recording of a run of enrollkit quickstart. Secrets are replaced by their kind: <key>, <SAS token>.',
  );
export type Recording = Omit<z.infer<typeof recordingSchema>, 'plan'> & { plan: Plan };
