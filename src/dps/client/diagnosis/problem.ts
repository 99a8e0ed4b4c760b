/** Why DPS does not accept a device: DPS itself gives no reason. */

const chainProblems = [
  'COMMON_NAME_MISMATCH',
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_NOT_YET_VALID',
  'WRONG_KEY',
  'ALGORITHM_NOT_ACCEPTED',
  'INTERMEDIATE_NOT_SENT',
  'CHAIN_INVALID',
] as const;

/**
 * - `WRONG_ID_SCOPE`: the ID scope is not that of the provisioning service
 * - `COMMON_NAME_MISMATCH`: the common name of the certificate is not the registration ID
 * - `CERTIFICATE_EXPIRED`, `CERTIFICATE_NOT_YET_VALID`: a certificate of the chain is outside its dates
 * - `WRONG_KEY`: a certificate was signed with another key than that of the issuer that was sent
 * - `ALGORITHM_NOT_ACCEPTED`: a key or signature algorithm that DPS does not accept
 * - `INTERMEDIATE_NOT_SENT`: an issuer is missing in what the device sends
 * - `CHAIN_INVALID`: the chain breaks another rule, such as a missing CA flag
 * - `CA_NOT_UPLOADED`: no CA of the chain is uploaded
 * - `CA_NOT_VERIFIED`: the CA is uploaded, and its possession is not proven
 * - `ANOTHER_CA_OF_THE_SAME_NAME`: the service has a CA of the same name, which is another certificate
 * - `CA_NOT_ENROLLED`: the CA is verified, and no enrollment has it
 * - `NO_ENROLLMENT`: there is no enrollment for certificates at all
 * - `ENROLLMENT_DISABLED`: the enrollment is disabled
 * - `ANOTHER_CERTIFICATE_ENROLLED`: the individual enrollment has another certificate
 * - `ENROLLMENT_OF_ANOTHER_KIND`: the individual enrollment wants a symmetric key or a TPM
 */
export const problemCodes = [
  'WRONG_ID_SCOPE',
  ...chainProblems,
  'CA_NOT_UPLOADED',
  'CA_NOT_VERIFIED',
  'ANOTHER_CA_OF_THE_SAME_NAME',
  'CA_NOT_ENROLLED',
  'NO_ENROLLMENT',
  'ENROLLMENT_DISABLED',
  'ANOTHER_CERTIFICATE_ENROLLED',
  'ENROLLMENT_OF_ANOTHER_KIND',
] as const;
export type ProblemCode = (typeof problemCodes)[number];

/** Problems of what the device sends, whatever the service has. */
export const chainProblemCodes: ReadonlySet<ProblemCode> = new Set(chainProblems);

export interface Problem {
  code: ProblemCode;
  /** A sentence that names the certificate, the enrollment, the dates. */
  message: string;
  /** What to do, a sentence. */
  fix: string;
}
