/** A device of a fleet: what is asked for, and what is made. Plain data, for worker threads. */
import type { AlternativeNames } from './alternative-names.js';

/** What stands in a subject besides the common name, which a device brings. */
export interface SubjectPrefix {
  /** Relative distinguished names; DER. */
  der: Uint8Array;
  /** As it follows the common name in the subject's text: `, O=Contoso, C=DE`; empty when there is nothing. */
  text: string;
}

export interface DeviceRequest {
  registrationId: string;
  /** In place of the fleet's. */
  subjectPrefix?: SubjectPrefix | undefined;
  alternativeNames?: AlternativeNames | undefined;
  /** In the order of the fleet's tag names. */
  tags?: readonly string[] | undefined;
}

/** Buffers are valid until the next device is made. */
export interface MadeDevice {
  registrationId: string;
  /** DER. */
  certificate: Uint8Array;
  /** PKCS#8, DER. */
  privateKeyInfo: Uint8Array;
  /** Upper-case hexadecimal, as are the thumbprints. */
  serialNumber: string;
  sha1Thumbprint: string;
  sha256Thumbprint: string;
  /** As .NET shows it. */
  subject: string;
  tags: readonly string[];
  /** Where it is not that of the fleet: of a device that an earlier run made. ISO 8601. */
  validity?: { notBefore: string; notAfter: string };
  /** PKCS#12, when it was asked for. */
  pfx?: Uint8Array;
}
