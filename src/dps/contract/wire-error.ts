/**
 * The error bodies of DPS: those of the service and device planes, and those of ARM.
 *
 * The code is the HTTP status times 1000, plus a detail. "seen": in public reports of the real service
 * (Azure/azure-iot-sdk-c#2362, azure-iot-sdk-node#869 and #532, azure-docs#57082); "recorded": in its recordings
 * (Azure/azure-sdk-for-python); "documented": in Microsoft Learn, "Troubleshoot DPS". The others follow the pattern.
 */
export const dpsErrors = {
  badRequest: { errorCode: 400004, message: 'Bad request' }, // seen
  unknownApiVersion: { errorCode: 400004, message: 'ErrorCode:ArgumentInvalid;Unknown api version' }, // seen
  customAllocationFailed: { errorCode: 400207, message: 'Custom allocation failed' }, // seen
  noHub: { errorCode: 400208, message: 'No IoT hub is available for assignment.' }, // seen, as a name
  hubUnauthorized: { errorCode: 400209, message: 'Unauthorized' }, // number of the SDK for C
  unauthorized: { errorCode: 401000, message: 'Unauthorized' }, // seen
  // What DPS answers over HTTPS is not known; the number is that of IoT Hub's table.
  unknownIdScope: { errorCode: 401001, message: 'IotHubNotFound' },
  invalidCertificate: { errorCode: 401002, message: 'Invalid certificate' }, // seen
  caNotFound: { errorCode: 401002, message: 'CA certificate not found.' }, // seen
  chainMismatch: { errorCode: 401002, message: 'Signing certificate info did not match chain elements' }, // seen
  unauthorizedDevice: { errorCode: 401002, message: 'Unauthorized' }, // seen
  connectionRefused: { errorCode: 401002, message: 'IotHubUnauthorizedAccess' }, // seen over AMQP
  forbidden: { errorCode: 403000, message: 'Forbidden' },
  notFound: { errorCode: 404000, message: 'Not found' },
  enrollmentNotFound: { errorCode: 404201, message: 'Enrollment not found.' }, // seen
  registrationNotFound: { errorCode: 404202, message: 'Device registration not found.' }, // seen
  operationNotFound: { errorCode: 404203, message: 'Operation not found.' },
  enrollmentGroupNotFound: { errorCode: 404204, message: 'EnrollmentGroup not found.' }, // number documented
  methodNotAllowed: { errorCode: 405000, message: 'Method not allowed' },
  enrollmentConflict: { errorCode: 409201, message: 'Enrollment already exists.' }, // recorded
  enrollmentGroupConflict: { errorCode: 409202, message: 'EnrollmentGroup already exists.' }, // recorded
  registrationConflict: { errorCode: 409203, message: 'Precondition failed.' }, // seen
  preconditionFailed: { errorCode: 412001, message: 'Precondition failed: the etag does not match.' },
  payloadTooLarge: { errorCode: 413000, message: 'Request body too large' },
  unsupportedMediaType: { errorCode: 415000, message: 'The content type must be application/json.' },
  throttled: { errorCode: 429001, message: 'Operations are being throttled.' },
  internal: { errorCode: 500000, message: 'Internal server error' },
  notImplemented: { errorCode: 501000, message: 'Not implemented' },
} as const;

export type DpsErrorName = keyof typeof dpsErrors;

/** The body of an error on the service and device planes. */
export interface DpsErrorBody {
  errorCode: number;
  trackingId: string;
  message: string;
  info?: Record<string, string>;
  timestampUtc: string;
}

/** The HTTP status of a numeric DPS code. */
export function statusOf(errorCode: number): number {
  return Math.floor(errorCode / 1000);
}

/** The body of an error of the resource provider Microsoft.Devices. */
export interface ProviderErrorBody {
  code: number;
  /** The name of the HTTP status. */
  httpStatusCode: string;
  /** With the correlation identifier, the time and the code in words. */
  message: string;
}

/** The body of an error of Azure Resource Manager's own front door. */
export interface ArmErrorBody {
  error: { code: string; message: string };
}
