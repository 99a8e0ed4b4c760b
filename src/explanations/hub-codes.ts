/**
 * Errors of IoT Hub: by name, as SDKs report them, and by number. Some numbers also exist in DPS, with another meaning.
 *
 * Source: Microsoft Learn, "Understand and resolve Azure IoT Hub errors".
 */
import { causes, type Explanation } from './explanation.js';

export interface HubCode extends Explanation {
  number: number;
}

const temporary = causes(['a temporary failure in Azure', 'Azure status: https://status.azure.com']);
const readAgain = causes([
  'someone else changed it after it was read',
  'read it again, and compare the etags',
]);

export const hubCodes: Readonly<Record<string, HubCode>> = {
  ArgumentInvalid: {
    number: 400004,
    meaning: 'The hub does not accept a value of the request.',
    causes: causes(['a device ID, twin or query that breaks a rule of the hub', 'the message names it']),
    next: 'Correct what the message names.',
  },
  InvalidProtocolVersion: {
    number: 400005,
    meaning: 'The hub does not know the api-version of the request.',
    causes: causes(
      [
        'a very old or a preview version of an SDK',
        'the api-version is in the URL, or in the MQTT user name',
      ],
      ['an emulator that is older than the SDK', 'docs/emulator-support.md lists the versions'],
    ),
    next: 'Update the SDK, or the emulator.',
  },
  IotHubFormatError: {
    number: 400006,
    meaning: 'The request to the hub is malformed.',
    causes: causes(['a body that is not the expected JSON', 'the message names the place']),
    next: 'Compare the request with the REST reference of IoT Hub.',
  },
  IotHubUnauthorizedAccess: {
    number: 401002,
    meaning: 'The hub does not accept the credentials.',
    causes: causes(
      [
        'the device presented another certificate than the one it registered with',
        'compare the thumbprint with the device’s page in the hub; register again after renewing',
      ],
      ['the device is disabled or was deleted in the hub', 'the device’s page in the hub'],
      [
        'for a service: a key that was regenerated, or a policy without the permission',
        'the shared access policies of the hub',
      ],
      ['the clock of the device is wrong, so that its token has expired', 'compare it with the real time'],
    ),
    next: 'Register the device again, which gives the hub its current certificate: enrollkit device register ID',
  },
  DeviceMaximumQueueDepthExceeded: {
    number: 403004,
    meaning: 'Too many messages wait for the device.',
    causes: causes([
      'the device does not complete the 50 messages it has',
      'the device’s page in the hub shows the count',
    ]),
    next: 'Let the device receive its messages, or purge them.',
  },
  GenericNotFound: {
    number: 404000,
    meaning: 'The hub has nothing at this address.',
    causes: causes(['a mistake in the path of the request', 'run again with --verbose to see the request']),
    next: 'Compare the request with the REST reference of IoT Hub.',
  },
  DeviceNotFound: {
    number: 404001,
    meaning: 'The hub has no such device.',
    causes: causes(
      [
        'the device was deleted in the hub',
        'its registration record in DPS stays: enrollkit doctor shows both',
      ],
      ['the device is assigned to another hub', 'the registration record names the hub'],
      ['the device ID is mistyped', 'device IDs are case-sensitive in the hub'],
    ),
    next: 'Register the device again: enrollkit device register ID',
  },
  DeviceNotOnline: {
    number: 404103,
    meaning: 'The device is not connected, or does not listen for direct methods.',
    causes: causes(
      ['the device is offline', 'the device’s page in the hub shows its connection state'],
      ['it connected over HTTPS, which has no direct methods', 'look at the transport of the device'],
    ),
    next: 'Connect the device over MQTT or AMQP, then call the method again.',
  },
  DeviceAlreadyExists: {
    number: 409001,
    meaning: 'The hub already has a device with this ID.',
    causes: causes(['an earlier run, or someone else, created it', 'the device’s page in the hub']),
    next: 'Choose another device ID, or delete that device.',
  },
  PreconditionFailed: {
    number: 412001,
    meaning: 'The etag is not that of the device or twin in the hub.',
    causes: readAgain,
    next: 'Read it again, then repeat the change.',
  },
  DeviceMessageLockLost: {
    number: 412002,
    meaning: 'The lock on a cloud-to-device message has expired.',
    causes: causes([
      'the device took more than a minute to complete the message',
      'the message is delivered again',
    ]),
    next: 'Complete the message sooner; expect it a second time.',
  },
  GenericRequestEntityTooLarge: {
    number: 413000,
    meaning: 'The body of the request is too large for the hub.',
    causes: causes(['a bulk request of more than 500 KB', 'the size of the body']),
    next: 'Send several smaller requests.',
  },
  MessageTooLarge: {
    number: 413001,
    meaning: 'The message is too large.',
    causes: causes([
      'a message of more than 256 KB (64 KB to a device)',
      'the size of the message with its properties',
    ]),
    next: 'Split the message, or upload a file.',
  },
  TooManyDevices: {
    number: 413002,
    meaning: 'A bulk request holds too many devices.',
    causes: causes(['more than 100 devices in one request', 'count them']),
    next: 'Send at most 100 devices in a request.',
  },
  GenericUnsupportedMediaType: {
    number: 415000,
    meaning: 'The body of the request is not declared as JSON.',
    causes: causes(['a client that sends another Content-Type', 'it must be application/json']),
    next: 'Send Content-Type: application/json.',
  },
  ThrottlingException: {
    number: 429001,
    meaning: 'The hub takes no more requests at the moment.',
    causes: causes([
      'more requests per second than the tier of the hub allows',
      'the metric "throttling errors" of the hub',
    ]),
    next: 'Wait, then try again with growing delays; or add units to the hub.',
  },
  ServerError: {
    number: 500001,
    meaning: 'The hub failed.',
    causes: temporary,
    next: 'Wait a minute, then try again.',
  },
  NotImplemented: {
    number: 501000,
    meaning: 'The emulator’s hub does not implement this.',
    causes: causes(['a feature that only Azure has', 'docs/emulator-support.md lists what the emulator has']),
    next: 'Use --target azure for it.',
  },
  InvalidResponseWhileProxying: {
    number: 502100,
    meaning: 'The device answered a direct method with something that is not JSON.',
    causes: causes(['a mistake in the program of the device', 'its log shows the answer']),
    next: 'Have the device answer with JSON.',
  },
  GatewayTimeout: {
    number: 504101,
    meaning: 'The device did not answer a direct method in time.',
    causes: causes(
      ['the method takes longer than the timeout of the call', 'responseTimeoutInSeconds of the call'],
      ['the device lost its connection', 'the device’s page in the hub'],
    ),
    next: 'Call the method again with a longer timeout.',
  },
};
