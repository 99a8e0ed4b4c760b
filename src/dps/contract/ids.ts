/**
 * The rules for names in DPS.
 *
 * Source: Microsoft Learn, "Azure IoT Hub Device Provisioning Service terminology" (registration ID), "How to manage
 * device enrollments" (group ID); RFC 5280 appendix A.1, ub-common-name, for the bound of 64.
 */
import { EnrollkitError } from '../../errors.js';

/** The longest registration ID and group ID that the service takes. */
const maxIdLength = 128;
/** RFC 5280 ub-common-name: with X.509, a registration ID is a common name. */
export const maxCommonNameLength = 64;

const id = /^[a-z0-9](?:[a-z0-9._:-]{0,126}[a-z0-9-])?$/i;
/** The name of a certificate resource in ARM: alphanumerics and - . _ ; the length is the ARM client's constraint. */
const certificateName = /^[a-z0-9._-]{1,256}$/i;

/** A sentence on what is wrong with a registration ID, or undefined when it is legal for X.509 attestation. */
export function registrationIdProblem(value: string): string | undefined {
  if (value === '') return 'A registration ID is missing.';
  if (value.length > maxCommonNameLength) {
    return `The registration ID "${abridge(value)}" has ${value.length} characters; it is also the certificate's common name, which holds at most ${maxCommonNameLength}.`;
  }
  return idProblem('registration ID', value);
}

/** A sentence on what is wrong with an enrollment group ID, or undefined when it is legal. */
export function enrollmentGroupIdProblem(value: string): string | undefined {
  if (value === '') return 'An enrollment group ID is missing.';
  if (value.length > maxIdLength) {
    return `The enrollment group ID "${abridge(value)}" has ${value.length} characters; it holds at most ${maxIdLength}.`;
  }
  return idProblem('enrollment group ID', value);
}

/** A sentence on what is wrong with the name of an uploaded certificate, or undefined when it is legal. */
export function certificateNameProblem(value: string): string | undefined {
  if (value === '') return 'A certificate name is missing.';
  return certificateName.test(value)
    ? undefined
    : `The certificate name "${abridge(value)}" is not legal: 1 to 256 letters, digits, - . or _.`;
}

/**
 * A sentence on what is wrong with the name of an IoT hub, or undefined when it is legal.
 *
 * Source: Microsoft Learn, "Naming rules and restrictions for Azure resources", Microsoft.Devices.
 */
export function hubNameProblem(value: string): string | undefined {
  if (/^[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$/i.test(value)) return undefined;
  return `The hub name "${abridge(value)}" is not legal: 3 to 50 letters, digits and -, neither first nor last a -.`;
}

/**
 * A sentence on what is wrong with the name of a provisioning service, or undefined when it is legal.
 *
 * Source: azure-rest-api-specs, deviceprovisioningservices resource-manager, provisioningServiceName.
 */
export function serviceNameProblem(value: string): string | undefined {
  if (/^(?![0-9]+$)(?!global$)(?!-)[a-z0-9-]{2,49}[a-z0-9]$/i.test(value)) return undefined;
  return `The name of a provisioning service "${abridge(value)}" is not legal: 3 to 50 letters, digits and -, neither first nor last a -, not digits alone, and not "global".`;
}

/** Whether the service would take this ID at all (registration or group), whatever the attestation. */
export function isLegalId(value: string): boolean {
  return id.test(value);
}

/** @throws EnrollkitError INVALID_REGISTRATION_ID */
export function assertRegistrationId(value: string): void {
  const problem = registrationIdProblem(value);
  if (problem) throw new EnrollkitError('INVALID_REGISTRATION_ID', problem);
}

/** @throws EnrollkitError INVALID_ENROLLMENT_GROUP_ID */
export function assertEnrollmentGroupId(value: string): void {
  const problem = enrollmentGroupIdProblem(value);
  if (problem) throw new EnrollkitError('INVALID_ENROLLMENT_GROUP_ID', problem);
}

/** @throws EnrollkitError INVALID_CERTIFICATE_NAME */
export function assertCertificateName(value: string): void {
  const problem = certificateNameProblem(value);
  if (problem) throw new EnrollkitError('INVALID_CERTIFICATE_NAME', problem);
}

/** Registration IDs and group IDs are compared without regard to case. */
export function sameId(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function idProblem(kind: string, value: string): string | undefined {
  const illegal = [...value].find((character) => !/[a-z0-9._:-]/i.test(character));
  if (illegal !== undefined) {
    return `The ${kind} "${abridge(value)}" contains ${JSON.stringify(illegal)}; only letters, digits, - . _ and : are allowed.`;
  }
  if (!/^[a-z0-9]/i.test(value))
    return `The ${kind} "${abridge(value)}" must begin with a letter or a digit.`;
  if (!id.test(value)) return `The ${kind} "${abridge(value)}" must end with a letter, a digit or -.`;
  return undefined;
}

function abridge(value: string): string {
  return value.length > 80 ? `${value.slice(0, 77)}...` : value;
}
