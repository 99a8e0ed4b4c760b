/**
 * Errors of IoT Hub, and their bodies over HTTPS: `Message` begins with the name of the code, where SDKs look for it.
 *
 * Source: Microsoft Learn, "Understand and resolve Azure IoT Hub errors"; Azure/azure-iot-sdk-c#1789 for the shape, and
 * Azure/iotedge#98 for that of direct methods.
 */
import { HttpRefusal, type RefusalKind } from '../wire/http/refusal.js';

/** `code` is the number that the service logs, and that errors of direct methods contain. */
export const hubErrors = {
  ArgumentInvalid: { status: 400, code: 400004, message: 'The request is not valid.' },
  TooManyDevices: { status: 413, code: 413002, message: 'At most 100 devices in one request.' },
  InvalidProtocolVersion: { status: 400, code: 400005, message: 'The api-version is not known.' },
  IotHubFormatError: { status: 400, code: 400006, message: 'The request is malformed.' },
  IotHubUnauthorizedAccess: { status: 401, code: 401002, message: 'Unauthorized' },
  DeviceMaximumQueueDepthExceeded: {
    status: 403,
    code: 403004,
    message: 'At most 50 messages wait for a device.',
  },
  DeviceNotFound: { status: 404, code: 404001, message: 'There is no such device.' },
  GenericNotFound: { status: 404, code: 404000, message: 'There is no such operation.' },
  DeviceNotOnline: { status: 404, code: 404103, message: 'Timed out waiting for device to connect.' },
  DeviceAlreadyExists: { status: 409, code: 409001, message: 'There is a device of this ID already.' },
  PreconditionFailed: { status: 412, code: 412001, message: 'The etag does not match.' },
  DeviceMessageLockLost: {
    status: 412,
    code: 412002,
    message: 'The lock on the message is not held any more.',
  },
  GenericRequestEntityTooLarge: { status: 413, code: 413000, message: 'The body is too large.' },
  MessageTooLarge: { status: 413, code: 413001, message: 'A message holds at most 256 KB.' },
  GenericUnsupportedMediaType: {
    status: 415,
    code: 415000,
    message: 'The content type must be application/json.',
  },
  ServerError: { status: 500, code: 500001, message: 'Internal server error' },
  NotImplemented: { status: 501, code: 501000, message: 'Not implemented in this emulator.' },
  InvalidResponseWhileProxying: {
    status: 502,
    code: 502100,
    message: 'The answer of the device is not JSON.',
  },
  GatewayTimeout: {
    status: 504,
    code: 504101,
    message: 'Timed out waiting for the response from device.',
  },
} as const;

export type HubErrorName = keyof typeof hubErrors;

/** Sent as JSON within the message, by direct methods only. */
const structured: readonly HubErrorName[] = ['DeviceNotOnline', 'GatewayTimeout'];

export class HubError extends Error {
  readonly kind: HubErrorName;
  /** For the log; the caller does not see it. */
  readonly reason: string;
  readonly #info: Record<string, unknown>;
  #traced = '-G:0';

  constructor(
    kind: HubErrorName,
    options: { message?: string; reason?: string | undefined; info?: Record<string, unknown> } = {},
  ) {
    super(options.message ?? hubErrors[kind].message);
    this.kind = kind;
    this.reason = options.reason ?? this.message;
    this.#info = options.info ?? {};
  }

  get status(): number {
    return hubErrors[this.kind].status;
  }

  /** The same as an error of the part of the hub that has the twins, which no gateway traces. */
  ofTwins(): this {
    this.#traced = '';
    return this;
  }

  /**
   * Source for the message of all errors: recorded sessions in Azure/azure-sdk-for-net,
   * DevicesClient_UpdateDevice_EtagDoesNotMatch and ModulesClient_UpdateModuleTwin_EtagDoesNotMatch.
   *
   * @param trackingId a GUID, the same as in the header `x-ms-request-id`
   */
  toBody(trackingId: string, now: Date): { Message: string; ExceptionMessage: string } {
    if (structured.includes(this.kind)) {
      const body = {
        errorCode: hubErrors[this.kind].code,
        trackingId,
        message: this.message,
        info: this.#info,
        timestampUtc: now.toISOString(),
      };
      return { Message: JSON.stringify(body), ExceptionMessage: '' };
    }
    return {
      Message: `ErrorCode:${this.kind};${this.message}`,
      ExceptionMessage: `Tracking ID:${trackingId.replaceAll('-', '')}${this.#traced}-TimeStamp:${timeStampOf(now)}`,
    };
  }
}

export function deviceNotFound(deviceId: string): HubError {
  return new HubError('DeviceNotFound', { message: deviceId, reason: 'there is no such device' });
}

export function deviceAlreadyExists(deviceId: string): HubError {
  return new HubError('DeviceAlreadyExists', {
    message: `A device with ID '${deviceId}' is already registered.`,
  });
}

/** `MM/dd/yyyy HH:mm:ss`, UTC. */
function timeStampOf(at: Date): string {
  const [, year, month, day, time] = /^(\d+)-(\d+)-(\d+)T([\d:]+)/.exec(at.toISOString())!;
  return `${month}/${day}/${year} ${time}`;
}

export function invalidArgument(message: string, reason?: string): HubError {
  return new HubError('ArgumentInvalid', { message, reason });
}

/** What the hub calls the refusals of the HTTP kernel. */
const namesOfRefusals: Record<RefusalKind, HubErrorName> = {
  badRequest: 'ArgumentInvalid',
  incompleteBody: 'ArgumentInvalid',
  payloadTooLarge: 'GenericRequestEntityTooLarge',
  unsupportedMediaType: 'GenericUnsupportedMediaType',
  unknownApiVersion: 'InvalidProtocolVersion',
  notFound: 'GenericNotFound',
  methodNotAllowed: 'GenericNotFound',
  notImplemented: 'NotImplemented',
};

/** Whatever an operation threw; what is no refusal is a defect of the emulator. */
export function toHubError(thrown: unknown): HubError {
  if (thrown instanceof HubError) return thrown;
  if (thrown instanceof HttpRefusal) return fromRefusal(thrown);
  return new HubError('ServerError', { reason: thrown instanceof Error ? thrown.message : String(thrown) });
}

function fromRefusal({ kind, message, reason }: HttpRefusal): HubError {
  const name = namesOfRefusals[kind];
  switch (kind) {
    case 'badRequest':
    case 'unknownApiVersion':
    case 'notImplemented':
      return new HubError(name, { message, reason });
    case 'incompleteBody':
      return new HubError(name, { reason });
    default:
      // These have messages of the hub's own.
      return new HubError(name);
  }
}
