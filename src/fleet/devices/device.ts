/** A device of a fleet, as requested and as made. Plain data, for worker threads. */
import type { AlternativeNames } from '../../pki/make/alternative-names.js';

/** The part of a subject besides the common name. */
export interface SubjectPrefix {
  /** Relative distinguished names; DER. */
  der: Uint8Array;
  /** The text that follows the common name: `, O=Contoso, C=DE`, or nothing. */
  text: string;
}

export interface DeviceRequest {
  registrationId: string;
  /** Overrides the fleet's. */
  subjectPrefix?: SubjectPrefix | undefined;
  alternativeNames?: AlternativeNames | undefined;
  /** In the order of the fleet's tag names. */
  tags?: readonly string[] | undefined;
}

/** Buffers are valid until the next device is made. */
export interface MadeDevice {
  registrationId: string;
  /** DER. */
  certificate: Buffer;
  /** PKCS#8, DER. */
  privateKeyInfo: Buffer;
  /** A character for each octet (Latin-1), as in the thumbprints: node:crypto makes texts faster than buffers. */
  serialNumber: string;
  sha1Thumbprint: string;
  sha256Thumbprint: string;
  /** What follows the common name, as .NET shows the subject; see {@link SubjectPrefix}. */
  subjectRest: string;
  tags: readonly string[];
  /** Differs from the fleet's for a device that an earlier run made; ISO 8601. */
  validity?: { notBefore: string; notAfter: string };
  /** PKCS#12, when it was requested. */
  pfx?: Uint8Array;
}
