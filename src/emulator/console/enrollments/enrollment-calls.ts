/** What the forms of the page do to enrollments: calls of the service plane. */
import { routes } from '../../../dps/contract/routes.js';
import { kindOf } from '../../dps/attestation/kinds.js';
import type { ProvisioningService } from '../../dps/provisioning-service.js';
import type { Outcome } from '../actions.js';
import { type PageContext, paths } from '../page-context.js';
import { refusalOf, type Submission } from '../submission.js';
import { consoleVersions } from '../wire.js';
import {
  bodyOf,
  type EnrollmentJson,
  type EnrollmentType,
  enrollmentFields,
  enrollmentIn,
  idFields,
} from './enrollment-form.js';

const operations = {
  group: { get: 'getEnrollmentGroup', put: 'putEnrollmentGroup', delete: 'deleteEnrollmentGroup' },
  individual: { get: 'getEnrollment', put: 'putEnrollment', delete: 'deleteEnrollment' },
} as const;

/** An enrollment of a provisioning service, existing or not. */
export interface EnrollmentPlace {
  service: ProvisioningService;
  type: EnrollmentType;
  id: string;
}

export function pathOf({ service, type, id }: EnrollmentPlace): string {
  const { dpsName } = service.identity;
  return type === 'group' ? paths.group(dpsName, id) : paths.individual(dpsName, id);
}

/** Calls an operation of the service plane on an enrollment. */
function callService(
  { console: { wire, reader } }: PageContext,
  { service, type, id }: EnrollmentPlace,
  call: { operation: keyof (typeof operations)['group']; ifMatch?: string; body?: unknown },
) {
  return (call.operation === 'get' ? reader : wire).call({
    ...call,
    host: service.names.https,
    route: routes.service[operations[type][call.operation]],
    parameters: { [idFields[type]]: id },
    apiVersion: consoleVersions.service,
  });
}

export interface ReadEnrollment {
  enrollment: EnrollmentJson;
  keys: { primaryKey?: string | null; secondaryKey?: string | null } | undefined;
}

/** An enrollment with its keys; undefined if it does not exist. */
export async function readEnrollment(
  page: PageContext,
  place: EnrollmentPlace,
): Promise<ReadEnrollment | undefined> {
  const { service, type, id } = place;
  const found = (type === 'group' ? service.groups : service.individuals).get(id);
  if (found === undefined) return undefined;
  const enrollment = enrollmentIn(await callService(page, place, { operation: 'get' }));
  const { symmetricKey } = kindOf(found.attestation).toMechanism(found.attestation);
  return { enrollment, keys: symmetricKey ?? undefined };
}

export async function create(
  page: PageContext,
  place: Omit<EnrollmentPlace, 'id'>,
  sent: Submission,
): Promise<Outcome> {
  const id = sent.text('id').trim();
  if (id === '') return { refusal: { status: 400, field: 'id', message: page.text.required } };
  return put(page, { ...place, id }, sent, undefined);
}

export async function change(page: PageContext, place: EnrollmentPlace, sent: Submission): Promise<Outcome> {
  const before = await readEnrollment(page, place);
  if (before === undefined) return { refusal: { status: 404, message: page.text.gone } };
  return put(page, place, sent, before.enrollment);
}

/** @param before undefined for a new enrollment */
async function put(
  page: PageContext,
  place: EnrollmentPlace,
  sent: Submission,
  before: EnrollmentJson | undefined,
): Promise<Outcome> {
  const read = await bodyOf(page, place, sent, before);
  if ('refusal' in read) return read;
  const reply = await callService(page, place, {
    operation: 'put',
    ...(before === undefined ? {} : { ifMatch: sent.text('etag') }),
    body: read.body,
  });
  if (reply.status === 409) {
    return { refusal: { status: 409, field: 'id', message: page.text.enrollmentsPage.exists(place.id) } };
  }
  if (reply.refusal !== undefined) return { refusal: refusalOf(page, reply, enrollmentFields) };
  return { to: pathOf(place), done: before === undefined ? 'created' : 'saved' };
}

export async function remove(page: PageContext, place: EnrollmentPlace, sent: Submission): Promise<Outcome> {
  const reply = await callService(page, place, { operation: 'delete', ifMatch: sent.text('etag') });
  if (reply.refusal !== undefined) return { refusal: refusalOf(page, reply) };
  return { to: paths.enrollments(place.service.identity.dpsName), done: 'deleted' };
}
