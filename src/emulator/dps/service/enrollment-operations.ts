/** The operations that enrollment groups and individual enrollments share: read, create, change, delete, query. */
import { routes } from '../../../dps/contract/routes.js';
import { DpsError } from '../dps-error.js';
import type { PolicyReference } from '../registry/device-registry.js';
import type { StoredVersion } from '../state/enrollment-settings.js';
import { runBulkOperation } from './bulk-enrollments.js';
import { type EnrollmentKind, requireEnrollment } from './enrollment-kind.js';
import { withPolicyMembersOf } from './policy-members.js';
import { answerPage, assertQuery } from './query-pages.js';
import { assertIfMatch, type ServiceOperation } from './service-operation.js';

/** The operations of one kind of enrollment. */
export function enrollmentOperations<Settings, Stored extends Settings & StoredVersion & PolicyReference>(
  kind: EnrollmentKind<Settings, Stored>,
): ServiceOperation[] {
  const { idField, name, storeOf } = kind;
  const read = { right: 'EnrollmentRead', idParameter: idField } as const;
  const write = { right: 'EnrollmentWrite', idParameter: idField } as const;
  const route = (of: keyof typeof kind.routes) => routes.service[kind.routes[of]];
  return [
    {
      name: `get${name}`,
      route: route('get'),
      ...read,
      handle({ parameters, apiVersion }, service) {
        const stored = requireEnrollment(kind, service, parameters[idField]!);
        const body = withPolicyMembersOf(apiVersion, kind.toJson(stored, service, apiVersion));
        return { status: 200, body };
      },
    },
    {
      name: `put${name}`,
      route: route('put'),
      ...write,
      async handle(request, service) {
        const store = storeOf(service);
        const id = request.parameters[idField]!;
        const given = await request.json();
        const before = store.get(id);
        const body = withPolicyMembersOf(request.apiVersion, given, before);
        const settings = kind.read(id, body, before, service);
        if (before && request.header('if-match') === undefined) throw new DpsError(kind.errors.conflict);
        assertIfMatch(request, before?.etag);
        kind.assertRoom(settings, before, service);
        const at = service.now();
        const saved = store.save(settings, before?.created ?? at, at);
        // 200 for a new one too: official clients accept nothing else.
        return { status: 200, body: withPolicyMembersOf(request.apiVersion, kind.toSaved(saved, service)) };
      },
    },
    {
      name: `delete${name}`,
      route: route('delete'),
      ...write,
      handle(request, service) {
        const stored = requireEnrollment(kind, service, request.parameters[idField]!);
        assertIfMatch(request, stored.etag);
        storeOf(service).delete(kind.idOf(stored));
        return { status: 204 };
      },
    },
    {
      name: `query${name}s`,
      route: route('query'),
      right: 'EnrollmentRead',
      async handle(request, service) {
        assertQuery(await request.json(), { isRequired: true });
        return answerPage(request, {
          itemType: kind.itemType,
          read: (after, limit) => storeOf(service).page(after, limit),
          toJson: (stored) => withPolicyMembersOf(request.apiVersion, kind.toRow(stored, service)),
        });
      },
    },
    {
      name: `runBulk${name}Operation`,
      route: route('bulk'),
      right: 'EnrollmentWrite',
      handle: async (request, service) =>
        runBulkOperation(kind, await request.json(), service, request.apiVersion),
    },
    {
      name: `get${name}AttestationMechanism`,
      route: route('attestation'),
      // It reveals keys, so the right to read is not enough; which right the real service asks for is not documented.
      ...write,
      handle({ parameters }, service) {
        const stored = requireEnrollment(kind, service, parameters[idField]!);
        return { status: 200, body: kind.toAttestation(stored) };
      },
    },
  ];
}
