/** Twins and direct methods over HTTPS. */
import * as z from 'zod';
import type { HttpReply } from '../../wire/http/operation.js';
import type { HttpRequest } from '../../wire/http/request.js';
import { describeTwin, presenceOf } from '../describe.js';
import type { HubDevice } from '../devices.js';
import { maxMethodPayloadBytes } from '../direct-methods.js';
import { assertTwinEtag, requestedEtag } from '../etags.js';
import type { Hub } from '../hub.js';
import { HubError, invalidArgument, toHubError } from '../hub-error.js';
import { TwinPatchError } from '../twin-limits.js';
import { parseTwinChange } from '../twin-request.js';
import { type HubHandler, hubOperations } from './hub-operation.js';

/** Microsoft Learn, "Understand and invoke direct methods from IoT Hub". */
const methodRequest = z.object({
  methodName: z.string().min(1).max(100),
  payload: z.unknown().optional(),
  responseTimeoutInSeconds: z.number().int().min(5).max(300).nullish(),
  connectTimeoutInSeconds: z.number().int().min(0).max(300).nullish(),
});
const defaultResponseTimeoutSeconds = 30;

export const twinOperations = hubOperations({
  getTwin: {
    caller: 'ServiceConnect',
    handle: ofTwins(({ parameters }, hub) => replyWith(hub, parameters.deviceId!)),
  },
  patchTwin: {
    caller: 'ServiceConnect',
    handle: ofTwins((request, hub) => changeTwin(request, hub, 'merge')),
  },
  putTwin: {
    caller: 'ServiceConnect',
    handle: ofTwins((request, hub) => changeTwin(request, hub, 'replace')),
  },
  invokeMethod: {
    caller: 'ServiceConnect',
    async handle(request, hub) {
      const parsed = methodRequest.safeParse(await request.json());
      if (!parsed.success) {
        const { path, message } = parsed.error.issues[0]!;
        throw invalidArgument(`${path.join('.') || 'The body'}: ${message}`);
      }
      const { methodName: name, payload, ...timeouts } = parsed.data;
      if (Buffer.byteLength(JSON.stringify(payload) ?? '') > maxMethodPayloadBytes) {
        throw new HubError('MessageTooLarge', { message: 'The payload of a method holds at most 128 KB.' });
      }
      const result = await hub.methods.invoke(
        request.parameters.deviceId!,
        {
          name,
          payload,
          connectTimeout: (timeouts.connectTimeoutInSeconds ?? 0) * 1000,
          responseTimeout: (timeouts.responseTimeoutInSeconds ?? defaultResponseTimeoutSeconds) * 1000,
        },
        request.closeSignal(),
      );
      return { status: 200, body: { status: result.status, payload: result.payload ?? null } };
    },
  },
});

/** Has the errors of an operation traced like those of twins. */
function ofTwins(handle: HubHandler['handle']): HubHandler['handle'] {
  return async (request, hub) => {
    try {
      return await handle(request, hub);
    } catch (error) {
      throw toHubError(error).ofTwins();
    }
  };
}

/** A twin as the service sees it. */
export function twinJson(hub: Hub, device: HubDevice): Record<string, unknown> {
  const { deviceId } = device;
  return describeTwin(device, hub.twins.get(deviceId)!, presenceOf(hub, deviceId));
}

async function changeTwin(request: HttpRequest, hub: Hub, how: 'merge' | 'replace'): Promise<HttpReply> {
  const deviceId = request.parameters.deviceId!;
  const change = parseTwinChange(await request.json());
  hub.identities.find(deviceId);
  assertTwinEtag(deviceId, hub.twins.get(deviceId)!, requestedEtag(request.header('if-match')));
  try {
    const { tags, desired } = change;
    hub.twins.change(deviceId, how === 'merge' ? change : { tags: tags ?? {}, desired: desired ?? {} }, how);
  } catch (error) {
    throw error instanceof TwinPatchError ? invalidArgument(error.message) : error;
  }
  return replyWith(hub, deviceId);
}

function replyWith(hub: Hub, deviceId: string): HttpReply {
  // Without an ETag header, unlike the reply with a device.
  return { status: 200, body: twinJson(hub, hub.identities.find(deviceId)) };
}
