/** What enrollment groups and individual enrollments have in common on the service plane: read, create, change, delete, query. */
import type { Route } from '../../../dps/contract/routes.js';
import type { DpsErrorName } from '../../../dps/contract/wire-error.js';
import { etagMatches } from '../../state/etag.js';
import type { Operation } from '../../wire/http/operation.js';
import { DpsError } from '../dps-error.js';
import type { StoredVersion } from '../state/enrollment-settings.js';
import { runBulkOperation } from './bulk.js';
import { answerPage, assertQuery } from './query-pages.js';

/** One of the two kinds of enrollment. */
export interface EnrollmentKind<Settings, Stored extends Settings & StoredVersion> {
  /** The path parameter that holds the ID. */
  subject: 'enrollmentGroupId' | 'registrationId';
  /** What the C client tells rows by. */
  itemType: 'EnrollmentGroup' | 'Enrollment';
  /** Where a bulk request has them. */
  bulkField: 'enrollmentGroups' | 'enrollments';
  /** For the log: `putEnrollmentGroup`, and so on. */
  name: string;
  errors: { notFound: DpsErrorName; conflict: DpsErrorName };
  routes: { get: Route; put: Route; delete: Route; query: Route; bulk: Route; attestation: Route };
  store: {
    get(id: string): Stored | undefined;
    page(after: string, limit: number): Stored[];
    save(settings: Settings, created: Date, updated: Date): Stored;
    delete(id: string): void;
  };
  idOf(stored: Stored): string;
  /** @throws DpsError when the body is none that can be stored under this ID */
  read(id: string, body: unknown, before: Stored | undefined): Settings;
  /** @throws DpsError throttled when the service has as many as it may */
  assertRoom(settings: Settings, before: Stored | undefined): void;
  toJson(stored: Stored): unknown;
  /** As a query shows it. */
  toRow(stored: Stored): unknown;
  /** The attestation mechanism, keys included. */
  toAttestation(stored: Stored): unknown;
  now: () => Date;
}

export function enrollmentOperations<Settings, Stored extends Settings & StoredVersion>(
  kind: EnrollmentKind<Settings, Stored>,
): Operation[] {
  const { subject, name, routes, store, now } = kind;
  const read = { right: 'EnrollmentRead', subject };
  const write = { right: 'EnrollmentWrite', subject };
  return [
    {
      name: `get${name}`,
      route: routes.get,
      ...read,
      handle: ({ parameters }) => ({
        status: 200,
        body: kind.toJson(findEnrollment(kind, parameters[subject]!)),
      }),
    },
    {
      name: `put${name}`,
      route: routes.put,
      ...write,
      handle({ parameters, header, body }) {
        const id = parameters[subject]!;
        const before = store.get(id);
        const settings = kind.read(id, body, before);
        const ifMatch = header('if-match');
        if (before && ifMatch === undefined) throw new DpsError(kind.errors.conflict);
        if (ifMatch !== undefined && (!before || !etagMatches(ifMatch, before.etag))) {
          throw new DpsError('preconditionFailed');
        }
        kind.assertRoom(settings, before);
        const at = now();
        // 200 also for a new one: official clients take nothing else.
        return { status: 200, body: kind.toJson(store.save(settings, before?.created ?? at, at)) };
      },
    },
    {
      name: `delete${name}`,
      route: routes.delete,
      ...write,
      handle({ parameters, header }) {
        const stored = findEnrollment(kind, parameters[subject]!);
        const ifMatch = header('if-match');
        if (ifMatch !== undefined && !etagMatches(ifMatch, stored.etag))
          throw new DpsError('preconditionFailed');
        store.delete(kind.idOf(stored));
        return { status: 204 };
      },
    },
    {
      name: `query${name}s`,
      route: routes.query,
      right: 'EnrollmentRead',
      handle(request) {
        assertQuery(request.body, true);
        return answerPage(
          request,
          kind.itemType,
          (after, limit) => store.page(after, limit),
          kind.idOf,
          kind.toRow,
        );
      },
    },
    {
      name: `runBulk${name}Operation`,
      route: routes.bulk,
      right: 'EnrollmentWrite',
      handle: ({ body }) => runBulkOperation(kind, body),
    },
    {
      name: `get${name}AttestationMechanism`,
      route: routes.attestation,
      // It gives keys out, so that reading is not enough; which right the service asks for is not documented.
      ...write,
      handle: ({ parameters }) => ({
        status: 200,
        body: kind.toAttestation(findEnrollment(kind, parameters[subject]!)),
      }),
    },
  ];
}

/** @throws DpsError enrollmentNotFound, enrollmentGroupNotFound */
export function findEnrollment<Settings, Stored extends Settings & StoredVersion>(
  { store, errors }: EnrollmentKind<Settings, Stored>,
  id: string,
): Stored {
  const stored = store.get(id);
  if (!stored) throw new DpsError(errors.notFound);
  return stored;
}
