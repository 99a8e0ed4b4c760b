/** The hub over HTTPS: its service side, and devices that send and fetch messages. */
import { percentDecoded } from '../../../dps/contract/percent-decoded.js';
import { sha256Thumbprint } from '../../../pki/x509/certificate.js';
import { sasProblem } from '../../access/sas-check.js';
import { InjectedError } from '../../wire/faults.js';
import { bind } from '../../wire/http/operation.js';
import type { ErrorReply, HttpPlane } from '../../wire/http/plane.js';
import type { HttpRequest } from '../../wire/http/request.js';
import type { Dialled } from '../../wire/network/host-names.js';
import type { ServedApiVersions } from '../../wire/served-api-versions.js';
import { hubRules, refusalOf } from '../authorize.js';
import type { HostedHub } from '../hub.js';
import { HubError, toHubError } from '../hub-error.js';
import { bulkOperation } from './bulk-operation.js';
import { deviceOperations } from './device-operations.js';
import { feedbackOperations } from './feedback-operations.js';
import type { HubOperation } from './hub-operation.js';
import { messageOperations } from './message-operations.js';
import { missingHubOperations } from './missing-hub-operations.js';
import { queryOperation } from './query-operation.js';
import { twinOperations } from './twin-operations.js';

export interface HubPlaneOptions {
  /** The hub that a client dialled; the first one answers clients that dial none of their names. */
  hubByHost: (dialled: Dialled) => HostedHub;
  /** Whether an Authorization header holds a bearer token for the service side of hubs. */
  acceptsBearer: (authorization: string) => boolean;
  versions: ServedApiVersions;
  now: () => Date;
}

/** Microsoft Learn, "IoT Hub quotas and throttling": a bulk operation holds at most 500 KB. */
const maxJsonBytes = 500 * 1024;

/** The HTTPS side of all hubs; the host that a client dials tells them apart. */
export function hubPlane({ hubByHost, acceptsBearer, versions, now }: HubPlaneOptions): HttpPlane {
  function find({ dialled }: HttpRequest): HostedHub {
    return hubByHost(dialled);
  }

  /** @returns why the client may not call the operation, or undefined when it may */
  async function problemOf(request: HttpRequest, { caller }: HubOperation): Promise<string | undefined> {
    const hosted = find(request);
    const { hub, policies, names } = hosted;
    const authorization = request.header('authorization');
    if (caller === 'device') {
      const proof = {
        ...hubRules(hosted),
        certificates: request.certificates,
        authorization,
        path: pathBelowDevice(request),
      };
      const deviceId = request.parameters.deviceId!;
      const refusal = refusalOf(hub.devices.get(deviceId), proof, now());
      const { leaf } = request.certificates;
      if (refusal === undefined && leaf)
        hub.renewals.connectedWith(deviceId, sha256Thumbprint({ der: leaf }));
      return refusal;
    }
    if (authorization !== undefined && /^Bearer\s/i.test(authorization)) {
      return acceptsBearer(authorization)
        ? undefined
        : 'the bearer token is not one for hubs of this emulator';
    }
    return sasProblem(
      { authorization: authorization ?? '', path: request.path, host: request.host },
      { policies, hostNames: names.aliases, right: caller, now: now() },
    );
  }

  return {
    name: 'hub',
    operations: bind(
      [
        ...queryOperation,
        ...deviceOperations,
        ...bulkOperation,
        ...twinOperations,
        ...messageOperations,
        ...feedbackOperations,
        ...missingHubOperations,
      ].map((operation) => ({ ...operation, idParameter: 'deviceId' })),
      {
        find: (request) => find(request).hub,
        async authorize(request, operation) {
          const reason = await problemOf(request, operation);
          if (reason !== undefined) throw new HubError('IotHubUnauthorizedAccess', { reason });
        },
      },
    ),
    contentType: 'application/json; charset=utf-8',
    maxJsonBytes,
    readsBodyFirst: false,
    speaks: (apiVersion) => versions.serves('hub', 'https', apiVersion),
    toErrorReply: (error, requestId) => toErrorReply(error, requestId, now()),
  };
}

function toErrorReply(thrown: unknown, requestId: string, now: Date): ErrorReply {
  if (thrown instanceof InjectedError) return toInjectedReply(thrown, requestId, now);
  const error = toHubError(thrown);
  return {
    status: error.status,
    body: error.toBody(requestId, now),
    headers: { 'iothub-errorcode': error.kind },
    reason: error.reason,
  };
}

/** An error that a fault asks for: names and numbers beyond those of the hub's own errors. */
function toInjectedReply(error: InjectedError, requestId: string, now: Date): ErrorReply {
  const { status, message, retryAfter } = error;
  const kind = injectedNames[status] ?? (status >= 500 ? 'ServerError' : 'ArgumentInvalid');
  const { ExceptionMessage } = new HubError('ServerError').toBody(requestId, now);
  return {
    status,
    body: { Message: `ErrorCode:${kind};${message}`, ExceptionMessage },
    headers: {
      'iothub-errorcode': kind,
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    },
    reason: message,
  };
}

/** Microsoft Learn, "Understand and resolve Azure IoT Hub errors". */
const injectedNames: Record<number, string> = {
  401: 'IotHubUnauthorizedAccess',
  403: 'IotHubQuotaExceeded',
  404: 'DeviceNotFound',
  409: 'DeviceAlreadyExists',
  412: 'PreconditionFailed',
  429: 'ThrottlingException',
  503: 'ServiceUnavailable',
  504: 'GatewayTimeout',
};

/** What a path names below `/devices/{deviceId}`, decoded: tokens are for that, or for the whole device. */
function pathBelowDevice({ path }: HttpRequest): string {
  const below = path.replace(/^\/devices\/[^/]*/i, '');
  return percentDecoded(below) ?? below;
}
