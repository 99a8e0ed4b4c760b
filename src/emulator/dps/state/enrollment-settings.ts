/** What enrollment groups and individual enrollments are set to, both alike. */
import type {
  AllocationPolicy,
  CustomAllocationDefinition,
  InitialTwin,
} from '../../../dps/contract/schemas.js';

export const slots = ['primary', 'secondary'] as const;
export type Slot = (typeof slots)[number];

/** A certificate that an enrollment holds itself. */
export interface SlotCertificate {
  slot: Slot;
  /** DER, base64. */
  certificate: string;
  /** Upper-case hexadecimal. */
  sha256: string;
}

/** One of the (at most two) CAs that back an enrollment: by a certificate of its own, or by the name of an uploaded one. */
export type Authority = SlotCertificate | { slot: Slot; reference: string };

/** Both base64, of 16 to 64 octets. */
export interface SymmetricKey {
  primaryKey: string;
  secondaryKey: string;
}

/** Hubs stand in it by ID, see state/hubs.ts. */
export interface EnrollmentSettings {
  /** Empty when the attestation is another. */
  authorities: Authority[];
  /** Of individual enrollments only: the certificates of the device itself. */
  clientCertificates?: SlotCertificate[];
  symmetricKey?: SymmetricKey;
  iotEdge: boolean;
  allocationPolicy?: AllocationPolicy;
  /** Where the policy is `custom`. */
  customAllocationDefinition?: CustomAllocationDefinition;
  hubIds?: string[];
  /** The hub of the older field `iotHubHostName`. */
  hubId?: string;
  provisioningStatus: 'enabled' | 'disabled';
  reprovisionPolicy: { updateHubAssignment: boolean; migrateDeviceData: boolean };
  initialTwin?: InitialTwin;
  /** Which CA answers the certificate requests of its devices. */
  credentialPolicyName?: string;
}

export interface StoredVersion {
  etag: string;
  created: Date;
  updated: Date;
}

/** A row of either table. */
export interface EnrollmentRow {
  etag: string;
  created: string;
  updated: string;
  /** The settings, JSON. */
  document: string;
}

export function fromEnrollmentRow<Settings>(row: EnrollmentRow): Settings & StoredVersion {
  return {
    ...(JSON.parse(row.document) as Settings),
    etag: row.etag,
    created: new Date(row.created),
    updated: new Date(row.updated),
  };
}
