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

function runOne<Settings, Stored extends Settings & StoredVersion>(
  kind: EnrollmentKind<Settings, Stored>,
  mode: Mode,
  id: string,
  item: unknown,
): void {
  const { store } = kind;
  if (mode === 'delete') {
    store.delete(kind.idOf(findEnrollment(kind, id)));
    return;
  }
  const before = mode === 'create' ? undefined : findEnrollment(kind, id);
  const settings = kind.read(id, item, before);
  if (mode === 'create' && store.get(id)) throw new DpsError('conflict');
  if (mode === 'updateIfMatchETag' && before) {
    const { etag } = item as { etag?: unknown };
    if (typeof etag !== 'string' || !etagMatches(etag, before.etag)) throw new DpsError('preconditionFailed');
  }
  kind.assertRoom(settings, before);
  const at = kind.now();
  store.save(settings, before?.created ?? at, at);
}
