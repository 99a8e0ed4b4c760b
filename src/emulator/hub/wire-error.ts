/**
 * The error bodies of IoT Hub over HTTPS: `Message` begins with the code's name, which SDKs read there.
 *
 * Source: Microsoft Learn, "Understand and resolve Azure IoT Hub errors"; Azure/azure-iot-sdk-c#1789 for the shape.
 */

export const hubErrors = {
  ArgumentInvalid: { status: 400, message: 'The request is not valid.' },
  InvalidProtocolVersion: { status: 400, message: 'The api-version is not known.' },
  IotHubUnauthorizedAccess: { status: 401, message: 'Unauthorized' },
  DeviceNotFound: { status: 404, message: 'There is no such device.' },
  PreconditionFailed: { status: 412, message: 'The etag does not match.' },
  MessageTooLarge: { status: 413, message: 'A message holds at most 256 KB.' },
  ServerError: { status: 500, message: 'Internal server error' },
  NotImplemented: { status: 501, message: 'Not implemented in this emulator.' },
} as const;

export type HubErrorName = keyof typeof hubErrors;

export class HubError extends Error {
  readonly kind: HubErrorName;
  /** For the log; not told to the caller. */
  readonly reason: string;

  constructor(kind: HubErrorName, options: { message?: string; reason?: string } = {}) {
    super(options.message ?? hubErrors[kind].message);
    this.kind = kind;
    this.reason = options.reason ?? this.message;
  }

  get status(): number {
    return hubErrors[this.kind].status;
  }

  toBody(trackingId: string, now: Date): { Message: string; ExceptionMessage: string } {
    return {
      Message: `ErrorCode:${this.kind};${this.message}`,
      ExceptionMessage: `Tracking ID:${trackingId}-TimeStamp:${now.toISOString()}`,
    };
  }
}
