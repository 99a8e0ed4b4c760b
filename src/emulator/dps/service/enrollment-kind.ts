/** What tells the two kinds of enrollment apart on the service plane: enrollment groups and individual enrollments. */
import type { DpsErrorName } from '../../../dps/contract/wire-error.js';
import { DpsError } from '../dps-error.js';
import type { ProvisioningService } from '../provisioning-service.js';
import type { PolicyReference } from '../registry/device-registry.js';
import type { Positioned, StoredVersion } from '../state/enrollment-settings.js';
import type { ServiceRoute } from './service-operation.js';

export interface EnrollmentKind<Settings, Stored extends Settings & StoredVersion & PolicyReference> {
  /** The path parameter, and the member of the body, that holds the ID. */
  idField: 'enrollmentGroupId' | 'registrationId';
  /** The value of `x-ms-item-type`, by which the C client tells rows apart. */
  itemType: 'EnrollmentGroup' | 'Enrollment';
  /** The member of a bulk request that has the enrollments. */
  bulkField: 'enrollmentGroups' | 'enrollments';
  /** For the log: `putEnrollmentGroup`, and so on. */
  name: string;
  errors: { notFound: DpsErrorName; conflict: DpsErrorName };
  routes: Record<'get' | 'put' | 'delete' | 'query' | 'bulk' | 'attestation', ServiceRoute>;
  storeOf(service: ProvisioningService): EnrollmentStore<Settings, Stored>;
  idOf(stored: Stored): string;
  /** @throws DpsError when the body cannot be stored under this ID */
  read(id: string, body: unknown, before: Stored | undefined, service: ProvisioningService): Settings;
  /** @throws DpsError throttled when the service has as many enrollments as it may */
  assertRoom(settings: Settings, before: Stored | undefined, service: ProvisioningService): void;
  toJson(stored: Stored, service: ProvisioningService, apiVersion: string): unknown;
  /** As the reply to `PUT` shows it: with its keys. */
  toSaved(stored: Stored, service: ProvisioningService): unknown;
  /** As a query lists it. */
  toRow(stored: Stored, service: ProvisioningService): unknown;
  /** The attestation mechanism, keys included. */
  toAttestation(stored: Stored): unknown;
}

export interface EnrollmentStore<Settings, Stored> {
  get(id: string): Stored | undefined;
  /** In the order of creation. */
  page(after: number, limit: number): Positioned<Stored>[];
  save(settings: Settings, created: Date, updated: Date): Stored;
  delete(id: string): void;
}

/** @throws DpsError enrollmentNotFound, enrollmentGroupNotFound */
export function requireEnrollment<Settings, Stored extends Settings & StoredVersion & PolicyReference>(
  { storeOf, errors }: EnrollmentKind<Settings, Stored>,
  service: ProvisioningService,
  id: string,
): Stored {
  const stored = storeOf(service).get(id);
  if (!stored) throw new DpsError(errors.notFound);
  return stored;
}
