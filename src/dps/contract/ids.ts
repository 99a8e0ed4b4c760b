/**
 * Naming rules of DPS.
 *
 * Source: Microsoft Learn, "Azure IoT Hub Device Provisioning Service terminology" (registration ID), "How to manage
 * device enrollments" (group ID); RFC 5280 appendix A.1, ub-common-name, for the bound of 64.
 */

import { EnrollkitError } from '../../errors.js';
import type { Sentences } from '../../languages/en.js';
import { sentences } from '../../languages/language.js';

/** The maximum length of registration IDs and group IDs. */
const maxIdLength = 128;
/** RFC 5280 ub-common-name: with X.509, the registration ID is a common name. */
export const maxCommonNameLength = 64;

const id = /^[a-z0-9](?:[a-z0-9._:-]{0,126}[a-z0-9-])?$/i;
/**
 * The name of a certificate resource in ARM: alphanumerics and - . _ (Microsoft Learn, "Naming rules and restrictions
 * for Azure resources"). That page says 64 characters; the API itself says 256 (azure-rest-api-specs,
 * deviceprovisioningservices, CertificateResponse.tsp: maxLength), and the API decides what is refused.
 */
const certificateName = /^[a-z0-9._-]{1,256}$/i;

/** What is wrong with a registration ID for X.509 attestation, as a sentence, or undefined. */
export function registrationIdProblem(value: string): string | undefined {
  if (value === '') return sentences.dpsContract.noRegistrationId;
  if (value.length > maxCommonNameLength) {
    return sentences.dpsContract.registrationIdTooLong(abridge(value), value.length, maxCommonNameLength);
  }
  return idProblem('registration', value);
}

/** What is wrong with a registration ID, whatever the attestation, as a sentence, or undefined. */
function legalRegistrationIdProblem(value: string): string | undefined {
  if (value === '') return sentences.dpsContract.noRegistrationId;
  if (value.length > maxIdLength) {
    return sentences.dpsContract.registrationIdTooLongForAll(abridge(value), value.length, maxIdLength);
  }
  return idProblem('registration', value);
}

/** Of devices and modules of IoT Hub (Microsoft Learn, "Understand the identity registry in your IoT hub"). */
const hubIdentity = /^[A-Za-z0-9.%_*?!(),:=@$'-]{1,128}$/;

export interface ModuleIdentity {
  deviceId: string;
  moduleId: string;
}

/**
 * The parts of a module identity, `deviceId/moduleId`, as it is the common name of a module's certificate; undefined for
 * a name without a slash. Modules are not provisioned by DPS: it is not a registration ID.
 */
export function moduleIdentityOf(commonName: string): ModuleIdentity | undefined {
  const [deviceId = '', ...rest] = commonName.split('/');
  return rest.length === 0 ? undefined : { deviceId, moduleId: rest.join('/') };
}

/** What is wrong with the common name of a device's or a module's certificate, as a sentence, or undefined. */
export function deviceOrModuleProblem(commonName: string): string | undefined {
  const module = moduleIdentityOf(commonName);
  if (!module) return registrationIdProblem(commonName);
  if (commonName.length > maxCommonNameLength) {
    return sentences.dpsContract.moduleIdentityTooLong(
      abridge(commonName),
      commonName.length,
      maxCommonNameLength,
    );
  }
  const [bad] = [module.deviceId, module.moduleId].filter((one) => !hubIdentity.test(one));
  if (bad === undefined) return undefined;
  return sentences.dpsContract.invalidModuleIdentity(abridge(commonName));
}

/**
 * What is wrong with the ID of a message to IoT Hub, as a sentence, or undefined.
 *
 * Source: Microsoft Learn, "Create and read IoT Hub messages", system properties, message-id.
 */
export function messageIdProblem(value: string): string | undefined {
  if (/^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/.test(value)) return undefined;
  return sentences.dpsContract.invalidMessageId(abridge(value));
}

/** What is wrong with an enrollment group ID, as a sentence, or undefined. */
export function enrollmentGroupIdProblem(value: string): string | undefined {
  if (value === '') return sentences.dpsContract.noGroupId;
  if (value.length > maxIdLength) {
    return sentences.dpsContract.groupIdTooLong(abridge(value), value.length, maxIdLength);
  }
  return idProblem('group', value);
}

/**
 * What is wrong with the name of a certificate in DPS, as a sentence, or undefined.
 *
 * @param language that of the sentence; the emulator answers its clients in English
 */
export function certificateNameProblem(value: string, language: Sentences = sentences): string | undefined {
  if (value === '') return language.dpsContract.noCertificateName;
  return certificateName.test(value)
    ? undefined
    : language.dpsContract.invalidCertificateName(abridge(value));
}

/**
 * What is wrong with the name of an IoT hub, as a sentence, or undefined.
 *
 * Source: Microsoft Learn, "Naming rules and restrictions for Azure resources", Microsoft.Devices.
 */
export function hubNameProblem(value: string, language: Sentences = sentences): string | undefined {
  if (/^[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$/i.test(value)) return undefined;
  return language.dpsContract.invalidHubName(abridge(value));
}

/** The name of a provisioning service, which is also the first label of its host name. */
export const serviceNamePattern = /^[A-Za-z0-9][A-Za-z0-9-]{1,62}[A-Za-z0-9]$/;

/**
 * What is wrong with the name of a provisioning service, as a sentence, or undefined.
 *
 * Source: Microsoft Learn, "Naming rules and restrictions for Azure resources", Microsoft.Devices,
 * provisioningServices: 3-64 alphanumerics and hyphens, the last an alphanumeric. azure-rest-api-specs has no pattern
 * for provisioningServiceName. That the first is not a hyphen is the rule of host names (RFC 1123 section 2.1).
 */
export function serviceNameProblem(value: string, language: Sentences = sentences): string | undefined {
  // `global` is the label of the endpoint that all devices dial.
  if (serviceNamePattern.test(value) && value.toLowerCase() !== 'global') return undefined;
  return language.dpsContract.invalidServiceName(abridge(value));
}

/** The rule for names of resources in Azure Device Registry. */
export const credentialPolicyPattern = /^[A-Za-z0-9._-]{1,63}$/;

/** What is wrong with the name of a credential policy, as a sentence, or undefined. */
export function credentialPolicyProblem(value: string): string | undefined {
  return credentialPolicyPattern.test(value)
    ? undefined
    : sentences.dpsContract.invalidPolicyName(abridge(value));
}

/** Names of certificate authorities and policies in a namespace: azure-rest-api-specs, deviceregistry 2026-11-01. */
export const registryNamePattern = /^[0-9a-zA-Z][a-zA-Z0-9-]{2,62}$/;

/** What is wrong with the name of a certificate authority or policy, as a sentence, or undefined. */
export function registryNameProblem(value: string, language: Sentences = sentences): string | undefined {
  return registryNamePattern.test(value)
    ? undefined
    : language.dpsContract.invalidRegistryName(abridge(value));
}

/** Names of Azure Device Registry's namespaces: as {@link registryNamePattern}. */
const namespacePattern = /^[a-z0-9][a-z0-9-]{1,62}[a-z0-9]$/;

/** What is wrong with the name of a namespace, as a sentence, or undefined. */
export function namespaceNameProblem(value: string, language: Sentences = sentences): string | undefined {
  return namespacePattern.test(value) ? undefined : language.dpsContract.invalidNamespaceName(abridge(value));
}

/** A subscription ID, a GUID. */
export const subscriptionIdPattern =
  /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/;

/** The ID scope of a provisioning service, as the portal shows it. */
export const idScopePattern = /^0ne[0-9A-Za-z]+$/;

/** A sentence on what is wrong with a common name, or undefined when it is legal. */
export function commonNameProblem(value: string): string | undefined {
  if (value.trim() === '') return sentences.dpsContract.noCommonName;
  const length = [...value].length;
  if (length > maxCommonNameLength) {
    return sentences.dpsContract.commonNameTooLong(length, maxCommonNameLength);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get in.
  return /[\u0000-\u001f\u007f]/.test(value) ? sentences.dpsContract.commonNameControl : undefined;
}

/** Whether an ID (registration or group) is legal with any attestation. */
export function isLegalId(value: string): boolean {
  return id.test(value);
}

/** @throws EnrollkitError INVALID_REGISTRATION_ID for what is neither a registration ID nor a module identity */
export function assertDeviceOrModule(commonName: string): void {
  const problem = deviceOrModuleProblem(commonName);
  if (problem === undefined) return;
  const next = moduleIdentityOf(commonName) ? { next: sentences.dpsContract.moduleIdentityNext } : {};
  throw new EnrollkitError('INVALID_REGISTRATION_ID', problem, next);
}

/** @throws EnrollkitError INVALID_REGISTRATION_ID */
export function assertRegistrationId(value: string): void {
  const problem = registrationIdProblem(value);
  if (problem) throw new EnrollkitError('INVALID_REGISTRATION_ID', problem);
}

/**
 * For devices with any attestation: unlike {@link assertRegistrationId}, it allows IDs that are too long for a common name.
 *
 * @throws EnrollkitError INVALID_REGISTRATION_ID
 */
export function assertLegalRegistrationId(value: string): void {
  const problem = legalRegistrationIdProblem(value);
  if (problem === undefined) return;
  throw new EnrollkitError('INVALID_REGISTRATION_ID', problem, {
    next: sentences.dpsContract.registrationIdRule(maxIdLength),
  });
}

/** What is wrong with the ID of a device in its hub, as a sentence, or undefined. */
export function hubDeviceIdProblem(value: string): string | undefined {
  return hubIdentity.test(value) ? undefined : sentences.dpsContract.invalidDeviceId(abridge(value));
}

/**
 * For the ID of a device in its hub, which has other rules than a registration ID.
 *
 * @throws EnrollkitError USAGE
 */
export function assertHubDeviceId(value: string): void {
  const problem = hubDeviceIdProblem(value);
  if (problem === undefined) return;
  throw new EnrollkitError('USAGE', problem, {
    next: sentences.dpsContract.deviceIdRule,
  });
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

/** Compares registration IDs or group IDs, which are case-insensitive. */
export function sameId(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function idProblem(kind: 'registration' | 'group', value: string): string | undefined {
  const illegal = [...value].find((character) => !/[a-z0-9._:-]/i.test(character));
  if (illegal !== undefined) {
    return sentences.dpsContract.illegalCharacter(kind, abridge(value), JSON.stringify(illegal));
  }
  if (!/^[a-z0-9]/i.test(value)) return sentences.dpsContract.wrongStart(kind, abridge(value));
  if (!id.test(value)) return sentences.dpsContract.wrongEnd(kind, abridge(value));
  return undefined;
}

function abridge(value: string): string {
  return value.length > 80 ? `${value.slice(0, 77)}...` : value;
}
