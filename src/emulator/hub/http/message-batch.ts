/**
 * Several messages of a device in one request.
 *
 * Source: azure-iot-device-http 1.14.4, sendEventBatch, and the SDKs for C and Java, which write `base64Encoded`: an array
 * of `{ body, base64Encoded, properties }`, each property under the name of its header.
 */
import * as z from 'zod';
import { parseJsonText } from '../../wire/json-text.js';
import { invalidArgument } from '../hub-error.js';
import type { HubMessage } from '../messages.js';
import { propertiesOf } from './message-headers.js';

const batchContentType = /^application\/vnd\.microsoft\.iothub\.json\s*(;|$)/i;

const batch = z
  .array(
    z.object({
      body: z.string(),
      base64Encoded: z.boolean().nullish(),
      properties: z.record(z.string(), z.unknown()).nullish(),
    }),
  )
  .min(1);

/** Whether the body of a message is a batch. */
export function isBatch(contentType: string | undefined): boolean {
  return batchContentType.test(contentType?.trim() ?? '');
}

/**
 * All of the messages are good, or none is taken.
 *
 * @throws HubError ArgumentInvalid
 */
export function parseBatch(bytes: Buffer): Pick<HubMessage, 'systemProperties' | 'properties' | 'body'>[] {
  const parsed = batch.safeParse(parseJson(bytes));
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw invalidArgument(`${path.join('.') || 'The batch'}: ${message}`);
  }
  return parsed.data.map(({ body, base64Encoded, properties }, index) => {
    const content = Buffer.from(body, base64Encoded === false ? 'utf8' : 'base64');
    if (base64Encoded !== false && content.toString('base64') !== body) {
      throw invalidArgument(`${index}.body: it is not base64.`);
    }
    const headers = Object.entries(properties ?? {}).map(([name, value]) => [
      name.replace(/^iothub-(app-)?/i, (prefix) => prefix.toLowerCase()),
      value,
    ]);
    return { ...propertiesOf(Object.fromEntries(headers)), body: content };
  });
}

/** @throws HubError ArgumentInvalid */
function parseJson(bytes: Buffer): unknown {
  try {
    return parseJsonText(bytes);
  } catch {
    throw invalidArgument('The batch is not JSON.');
  }
}
