/** The settings that enrollment groups and individual enrollments have in common. */
import type {
  AllocationPolicy,
  CustomAllocationDefinition,
  InitialTwin,
} from '../../../dps/contract/schemas.js';
import type { Attestation } from '../attestation/kinds.js';

/** Hubs are stored by ID, see linked-hubs.ts. */
export interface EnrollmentSettings {
  attestation: Attestation;
  iotEdge: boolean;
  allocationPolicy?: AllocationPolicy;
  /** Only with the policy `custom`. */
  customAllocationDefinition?: CustomAllocationDefinition;
  hubIds?: string[];
  /** The hub of the older field `iotHubHostName`. */
  hubId?: string;
  provisioningStatus: 'enabled' | 'disabled';
  reprovisionPolicy: { updateHubAssignment: boolean; migrateDeviceData: boolean };
  initialTwin?: InitialTwin;
  /** Determines the CA that issues certificates to its devices. */
  credentialPolicyName?: string;
}

export interface StoredVersion {
  etag: string;
  created: Date;
  updated: Date;
}

/** A row of the table of groups, or of individual enrollments. */
export interface EnrollmentRow {
  etag: string;
  created: string;
  updated: string;
  /** The settings as JSON. */
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
