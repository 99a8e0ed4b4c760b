/** The settings that enrollment groups and individual enrollments have in common. */
import type {
  AllocationPolicy,
  CustomAllocationDefinition,
  InitialTwin,
} from '../../../dps/contract/schemas.js';
import type { Attestation } from '../attestation/kinds.js';

/** As a client sent them, without what it left out: replies add nothing. Hubs are stored by ID, see linked-hubs.ts. */
export interface EnrollmentSettings {
  attestation: Attestation;
  capabilities?: { iotEdge?: boolean };
  allocationPolicy?: AllocationPolicy;
  customAllocationDefinition?: CustomAllocationDefinition;
  hubIds?: string[];
  /** The hub of the older field `iotHubHostName`. */
  hubId?: string;
  /** Enabled unless it is `disabled`; null if the client sent null, which alone of all nulls is given back. */
  provisioningStatus?: 'enabled' | 'disabled' | null;
  reprovisionPolicy?: { updateHubAssignment?: boolean; migrateDeviceData?: boolean };
  initialTwin?: InitialTwin;
  /** Determines the CA that issues certificates to its devices; later api-versions have the other three in its place. */
  credentialPolicyName?: string;
  namespaceName?: string;
  certificateAuthorityName?: string;
  certificatePolicyName?: string;
}

/** What the settings mean, where a client left them out. */
export function reprovisioning({ reprovisionPolicy }: Pick<EnrollmentSettings, 'reprovisionPolicy'>): {
  updateHubAssignment: boolean;
  migrateDeviceData: boolean;
} {
  return { updateHubAssignment: true, migrateDeviceData: true, ...reprovisionPolicy };
}

export interface StoredVersion {
  etag: string;
  created: Date;
  updated: Date;
}

/** A row of a list, with its place in the order of creation. */
export interface Positioned<Stored> {
  position: number;
  stored: Stored;
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
