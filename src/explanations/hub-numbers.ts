/** The numbers of IoT Hub's errors. Some also exist in DPS, with another meaning. */
import type { Sentences } from '../languages/en.js';

export const hubNumbers: Readonly<Record<keyof Sentences['explanations']['hub'], number>> = {
  ArgumentInvalid: 400004,
  InvalidProtocolVersion: 400005,
  IotHubFormatError: 400006,
  IotHubUnauthorizedAccess: 401002,
  DeviceMaximumQueueDepthExceeded: 403004,
  GenericNotFound: 404000,
  DeviceNotFound: 404001,
  DeviceNotOnline: 404103,
  DeviceAlreadyExists: 409001,
  PreconditionFailed: 412001,
  DeviceMessageLockLost: 412002,
  GenericRequestEntityTooLarge: 413000,
  MessageTooLarge: 413001,
  TooManyDevices: 413002,
  GenericUnsupportedMediaType: 415000,
  ThrottlingException: 429001,
  ServerError: 500001,
  NotImplemented: 501000,
  InvalidResponseWhileProxying: 502100,
  GatewayTimeout: 504101,
};
