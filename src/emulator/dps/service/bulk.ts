/**
 * Many enrollments in one request. Each goes by itself: one that is refused does not keep the others from being stored,
 * and is named in the answer, whose status is 200 all the same.
 *
 * Source: azure-rest-api-specs, deviceprovisioningservices data-plane 2021-10-01, BulkEnrollmentOperation.
 */
import { type BulkError, bulkModes } from '../../../dps/contract/schemas.js';
import { etagMatches } from '../../state/etag.js';
import type { OperationReply } from '../../wire/http/operation.js';
import { DpsError } from '../dps-error.js';
import type { StoredVersion } from '../state/enrollment-settings.js';
import { type EnrollmentKind, findEnrollment } from './enrollments.js';

/** Microsoft Learn, Service REST API, "Run Bulk Operation": at most 10 enrollments. */
const maxEnrollments = 10;

type Mode = (typeof bulkModes)[number];

/** @throws DpsError badRequest when the request itself is malformed */
export function runBulkOperation<Settings, Stored extends Settings & StoredVersion>(
  kind: EnrollmentKind<Settings, Stored>,
  body: unknown,
): OperationReply {
  const { mode, items } = readBulk(body, kind.bulkField);
  const errors = items.flatMap((item): BulkError[] => {
    const given = (item as Record<string, unknown> | null)?.[kind.subject];
    const id = typeof given === 'string' ? given : '';
    try {
      runOne(kind, mode, id, item);
      return [];
    } catch (error) {
      if (!(error instanceof DpsError)) throw error;
      return [{ [kind.subject]: id, errorCode: error.errorCode, errorStatus: error.message }];
    }
  });
  return { status: 200, body: { isSuccessful: errors.length === 0, errors } };
}

function readBulk(body: unknown, field: string): { mode: Mode; items: unknown[] } {
  const { mode: given, [field]: items } = (body ?? {}) as Record<string, unknown>;
  const mode = bulkModes.find((one) => one.toLowerCase() === String(given).toLowerCase());
  if (!mode) {
    throw new DpsError('badRequest', { message: `The mode must be one of ${bulkModes.join(', ')}.` });
  }
  if (!Array.isArray(items) || items.length === 0 || items.length > maxEnrollments) {
    throw new DpsError('badRequest', {
      message: `The body must have the field ${field} with 1 to ${maxEnrollments} of them.`,
    });
  }
  return { mode, items };
}

/**
 * An update needs the etag of what is stored, in either mode: without one, `update` is refused as `create` is (recorded by
 * Azure/azure-sdk-for-python, test_individual_enrollment_bulk_operations and test_enrollment_group_bulk_operations). That
 * a stale etag is refused also where it is not asked for, in `update` and `delete`, is inferred from If-Match.
 */
function runOne<Settings, Stored extends Settings & StoredVersion>(
  kind: EnrollmentKind<Settings, Stored>,
  mode: Mode,
  id: string,
  item: unknown,
): void {
  const { store, errors } = kind;
  const etag = (item as { etag?: unknown } | null)?.etag ?? undefined;
  if (mode === 'delete') {
    const stored = findEnrollment(kind, id);
    if (etag !== undefined) assertEtag(etag, stored);
    store.delete(kind.idOf(stored));
    return;
  }
  const before = mode === 'create' ? undefined : findEnrollment(kind, id);
  const settings = kind.read(id, item, before);
  if (mode === 'create' && store.get(id)) throw new DpsError(errors.conflict);
  if (before) {
    if (mode === 'update' && etag === undefined) throw new DpsError(errors.conflict);
    assertEtag(etag, before);
  }
  kind.assertRoom(settings, before);
  const at = kind.now();
  store.save(settings, before?.created ?? at, at);
}

/** @throws DpsError preconditionFailed */
function assertEtag(given: unknown, { etag }: StoredVersion): void {
  if (typeof given !== 'string' || !etagMatches(given, etag)) throw new DpsError('preconditionFailed');
}
