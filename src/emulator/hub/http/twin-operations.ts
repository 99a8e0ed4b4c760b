/** Twins and direct methods over HTTPS. */
import { z } from 'zod';
import { routes } from '../../../dps/contract/routes.js';
import { etagMatches } from '../../state/etag.js';
import { describeTwin, presenceOf } from '../describe.js';
import type { HubDevice } from '../devices.js';
import { maxMethodPayloadBytes } from '../direct-methods.js';
import { twinEtag, unquoted } from '../etags.js';
import type { Hub } from '../hub.js';
import { HubError } from '../hub-error.js';
import { TwinPatchError } from '../twin-limits.js';
import { parseTwinChange } from '../twin-request.js';
import type { HubOperation, HubReply } from './hub-operation.js';

/** Microsoft Learn, "Understand and invoke direct methods from IoT Hub": name, and seconds. */
const methodRequest = z.object({
  methodName: z.string().min(1).max(100),
  payload: z.unknown().optional(),
  responseTimeoutInSeconds: z.number().int().min(5).max(300).nullish(),
  connectTimeoutInSeconds: z.number().int().min(0).max(300).nullish(),
});
const defaultResponseTimeout = 30;

/** A twin as the service sees it. */
export function twinJson(hub: Hub, device: HubDevice): Record<string, unknown> {
  const { deviceId } = device;
  return describeTwin(device, hub.twins.get(deviceId)!, presenceOf(hub, deviceId));
}

export function twinOperations(hub: Hub): HubOperation[] {
  const answer = (deviceId: string): HubReply => {
    const body = twinJson(hub, hub.identities.find(deviceId));
    return { status: 200, body, headers: { etag: `"${body.etag}"` } };
  };
  const change = (how: 'merge' | 'replace'): HubOperation['handle'] =>
    async function handle(request) {
      const deviceId = request.parameters.deviceId!;
      const asked = parseTwinChange(await request.json());
      hub.identities.find(deviceId);
      const ifMatch = unquoted(request.header('if-match') ?? '*');
      if (!etagMatches(ifMatch, twinEtag(hub.twins.get(deviceId)!))) throw new HubError('PreconditionFailed');
      try {
        hub.twins.change(
          deviceId,
          how === 'merge' ? asked : { tags: asked.tags ?? {}, desired: asked.desired ?? {} },
          how,
        );
      } catch (error) {
        if (error instanceof TwinPatchError)
          throw new HubError('ArgumentInvalid', { message: error.message });
        throw error;
      }
      return answer(deviceId);
    };
  return [
    {
      name: 'getTwin',
      route: routes.hub.getTwin,
      caller: 'ServiceConnect',
      handle: ({ parameters }) => answer(parameters.deviceId!),
    },
    { name: 'patchTwin', route: routes.hub.patchTwin, caller: 'ServiceConnect', handle: change('merge') },
    { name: 'putTwin', route: routes.hub.putTwin, caller: 'ServiceConnect', handle: change('replace') },
    {
      name: 'invokeMethod',
      route: routes.hub.invokeMethod,
      caller: 'ServiceConnect',
      async handle(request) {
        const parsed = methodRequest.safeParse(await request.json());
        if (!parsed.success) {
          const { path, message } = parsed.error.issues[0]!;
          throw new HubError('ArgumentInvalid', { message: `${path.join('.') || 'The body'}: ${message}` });
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
            responseTimeout: (timeouts.responseTimeoutInSeconds ?? defaultResponseTimeout) * 1000,
          },
          request.signal,
        );
        return { status: 200, body: { status: result.status, payload: result.payload ?? null } };
      },
    },
  ];
}
