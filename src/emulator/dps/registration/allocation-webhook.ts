/**
 * Custom allocation: a webhook decides which hub a device is assigned to.
 *
 * Source: Microsoft Learn, "Understand custom allocation policies with Azure IoT Hub DPS" (AllocationRequest and
 * AllocationResponse).
 */
import * as z from 'zod';
import {
  type CustomAllocationDefinition,
  type EnrollmentGroup,
  type IndividualEnrollment,
  type InitialTwin,
  initialTwin,
} from '../../../dps/contract/schemas.js';
import { initialTwinProblem } from '../../hub/twin-limits.js';
import { parseJsonText } from '../../wire/json-text.js';

export interface AllocationWebhookRequest {
  enrollmentGroup?: EnrollmentGroup;
  individualEnrollment?: IndividualEnrollment;
  deviceRuntimeContext: {
    registrationId: string;
    /** Absent for the first assignment. */
    currentIotHubHostName?: string;
    currentDeviceId?: string;
    x509?: unknown;
    symmetricKey?: unknown;
    /** As the device sent it. */
    payload?: unknown;
  };
  /** The host names that the webhook chooses from. */
  linkedHubs: string[];
}

export interface AllocationWebhookReply {
  iotHubHostName: string;
  initialTwin?: InitialTwin;
  /** For the device, in its registration state. */
  payload?: unknown;
}

/** Lets the registration of the device fail with code 400207 and this message. */
export class WebhookFailure extends Error {}

/** Azure's limit is not documented; clients over HTTPS wait 30 s for an answer. */
const webhookTimeoutMs = 10_000;
const maxReplyBytes = 64 * 1024;

/** Names in lower case: the documentation itself uses more than one case. */
const replySchema = z.object({
  iothubhostname: z.string().min(1),
  initialtwin: initialTwin.nullish(),
  payload: z.unknown().optional(),
  returndata: z.unknown().optional(),
});

/** @throws WebhookFailure */
export async function askWebhook(
  { webhookUrl }: CustomAllocationDefinition,
  request: AllocationWebhookRequest,
  timeoutMs = webhookTimeoutMs,
): Promise<AllocationWebhookReply> {
  const signal = AbortSignal.timeout(timeoutMs);
  let status: number;
  let text: Buffer;
  try {
    const response = await fetch(webhookUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(request),
      redirect: 'manual',
      signal,
    });
    status = response.status;
    text = await readText(response);
  } catch (error) {
    if (error instanceof WebhookFailure) throw error;
    if (signal.aborted) {
      throw new WebhookFailure(
        `Custom allocation failed: the webhook did not answer within ${timeoutMs / 1000} seconds`,
      );
    }
    throw new WebhookFailure('Custom allocation failed: the webhook cannot be reached');
  }
  // Seen in a report of the real service (Azure/iotedge#3233).
  if (status < 200 || status > 299) {
    throw new WebhookFailure(`Custom allocation failed with status code: ${status}`);
  }
  return parseReply(text);
}

async function readText(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxReplyBytes) {
      throw new WebhookFailure('Custom allocation failed: the webhook answered more than 64 KB');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @param text JSON, UTF-8 */
function parseReply(text: Buffer): AllocationWebhookReply {
  let body: unknown;
  try {
    body = parseJsonText(text);
  } catch {
    throw new WebhookFailure('Custom allocation failed: the webhook did not answer JSON');
  }
  const fields =
    typeof body === 'object' && body !== null
      ? Object.fromEntries(Object.entries(body).map(([name, value]) => [name.toLowerCase(), value]))
      : body;
  const parsed = replySchema.safeParse(fields);
  if (!parsed.success) {
    const [member] = parsed.error.issues[0]!.path;
    const field = member === 'initialtwin' ? 'initialTwin' : 'iotHubHostName';
    throw new WebhookFailure(`Custom allocation failed: the webhook's answer has no usable ${field}`);
  }
  const { iothubhostname, initialtwin, payload = parsed.data.returndata } = parsed.data;
  const problem = initialtwin == null ? undefined : initialTwinProblem(initialtwin);
  if (problem !== undefined) {
    throw new WebhookFailure(`Custom allocation failed: the webhook's initialTwin.${problem}`);
  }
  return {
    iotHubHostName: iothubhostname,
    ...(initialtwin == null ? {} : { initialTwin: initialtwin }),
    ...(payload == null ? {} : { payload }),
  };
}
