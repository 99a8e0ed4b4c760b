/**
 * Many enrollments in one request. Each succeeds or fails on its own: the reply names those that failed, and its status is
 * 200 all the same.
 *
 * Source: azure-rest-api-specs, deviceprovisioningservices data-plane 2021-10-01, BulkEnrollmentOperation.
 */
import * as z from 'zod';
import { type BulkError, bulkModes } from '../../../dps/contract/schemas.js';
import { etagMatches } from '../../state/etag.js';
import type { HttpReply } from '../../wire/http/operation.js';
import { badRequest, DpsError } from '../dps-error.js';
import type { ProvisioningService } from '../provisioning-service.js';
import type { PolicyReference } from '../registry/device-registry.js';
import type { StoredVersion } from '../state/enrollment-settings.js';
import { type EnrollmentKind, requireEnrollment } from './enrollment-kind.js';
import { withPolicyMembersOf } from './policy-members.js';

/** Microsoft Learn, Service REST API, "Run Bulk Operation": at most 10 enrollments. */
const maxEnrollments = 10;

type Mode = (typeof bulkModes)[number];

/** What an operation looks at in any body; whatever has no such members is read as one without them. */
const members = z.record(z.string(), z.unknown()).catch({});

/** @throws DpsError badRequest when the request itself is malformed */
export function runBulkOperation<Settings, Stored extends Settings & StoredVersion & PolicyReference>(
  kind: EnrollmentKind<Settings, Stored>,
  body: unknown,
  service: ProvisioningService,
  apiVersion: string,
): HttpReply {
  const { mode, items } = readBulk(body, kind.bulkField);
  const errors = items.flatMap((item): BulkError[] => {
    const { [kind.idField]: given } = members.parse(item);
    const id = typeof given === 'string' ? given : '';
    try {
      const before = mode === 'create' ? undefined : kind.storeOf(service).get(id);
      runOne(kind, mode, id, withPolicyMembersOf(apiVersion, item, before), service);
      return [];
    } catch (error) {
      if (!(error instanceof DpsError)) throw error;
      return [{ [kind.idField]: id, errorCode: error.errorCode, errorStatus: error.message }];
    }
  });
  return { status: 200, body: { isSuccessful: errors.length === 0, errors } };
}

function readBulk(body: unknown, field: string): { mode: Mode; items: unknown[] } {
  const { mode: given, [field]: items } = members.parse(body);
  const mode = bulkModes.find((one) => one.toLowerCase() === String(given).toLowerCase());
  if (!mode) throw badRequest(`The mode must be one of ${bulkModes.join(', ')}.`);
  if (!Array.isArray(items) || items.length === 0 || items.length > maxEnrollments) {
    throw badRequest(`The body must have the field ${field} with 1 to ${maxEnrollments} of them.`);
  }
  return { mode, items };
}

/**
 * An update needs the etag of what is stored, in either mode: without one, `update` is refused as `create` is (recorded by
 * Azure/azure-sdk-for-python, test_individual_enrollment_bulk_operations and test_enrollment_group_bulk_operations). That
 * a stale etag is refused also where it is not asked for, in `update` and `delete`, is inferred from If-Match.
 */
function runOne<Settings, Stored extends Settings & StoredVersion & PolicyReference>(
  kind: EnrollmentKind<Settings, Stored>,
  mode: Mode,
  id: string,
  item: unknown,
  service: ProvisioningService,
): void {
  const store = kind.storeOf(service);
  const etag = members.parse(item).etag ?? undefined;
  if (mode === 'delete') {
    const stored = requireEnrollment(kind, service, id);
    if (etag !== undefined) assertEtag(etag, stored);
    store.delete(kind.idOf(stored));
    return;
  }
  const before = mode === 'create' ? undefined : requireEnrollment(kind, service, id);
  const settings = kind.read(id, item, before, service);
  if (mode === 'create' && store.get(id)) throw new DpsError(kind.errors.conflict);
  if (before) {
    if (mode === 'update' && etag === undefined) throw new DpsError(kind.errors.conflict);
    assertEtag(etag, before);
  }
  kind.assertRoom(settings, before, service);
  const at = service.now();
  store.save(settings, before?.created ?? at, at);
}

/** @throws DpsError preconditionFailed */
function assertEtag(given: unknown, { etag }: StoredVersion): void {
  if (typeof given !== 'string' || !etagMatches(given, etag)) throw new DpsError('preconditionFailed');
}
