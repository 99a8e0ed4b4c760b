/**
 * The service plane of DPS: enrollment groups, individual enrollments and registration records.
 *
 * Source: azure-rest-api-specs, deviceprovisioningservices data-plane 2021-10-01.
 */
import { z } from 'zod';
import { type Route, routes } from '../contract/routes.js';
import {
  type BulkResult,
  type bulkModes,
  bulkResult,
  type EnrollmentGroup,
  enrollmentGroup,
  type IndividualEnrollment,
  individualEnrollment,
  type RegistrationState,
  registrationState,
} from '../contract/schemas.js';
import { asReceived } from './http/as-received.js';
import { HttpClient, type RequestOptions } from './http/client.js';
import { unlessMissing } from './http/missing.js';
import { servicePolicy } from './service-auth.js';
import type { Target } from './target.js';

/**
 * The enrollments and registration records of one provisioning service.
 *
 * Each request may end in an EnrollkitError of its answer (NO_CREDENTIALS, FORBIDDEN, NOT_FOUND, CONFLICT,
 * PRECONDITION_FAILED, THROTTLED, else REFUSED) or of the connection (NETWORK, SERVER_NOT_TRUSTED).
 */
export class ServicePlane {
  readonly #http: HttpClient;

  constructor(target: Target) {
    const { serviceHostName, trust, onRequest, now } = target;
    this.#http = new HttpClient({
      plane: 'service',
      endpoint: `https://${serviceHostName}`,
      authorize: servicePolicy(target),
      trust,
      onRequest,
      now,
    });
  }

  /** Milliseconds by which the clock of DPS is ahead of this computer's; undefined before any answer. */
  get clockSkewMs(): number | undefined {
    return this.#http.clockSkewMs;
  }

  /**
   * Undefined when there is none of that ID. The reply describes certificates, and does not hold them; it has all members
   * that the service gave, also those that enrollkit does not know.
   */
  async getEnrollmentGroup(
    enrollmentGroupId: string,
    { signal }: RequestOptions = {},
  ): Promise<EnrollmentGroup | undefined> {
    const request = groupRequest(routes.service.getEnrollmentGroup, enrollmentGroupId);
    return (await unlessMissing(this.#http.send({ ...request, signal }, receivedGroup)))?.body;
  }

  /** @throws EnrollkitError CONFLICT when there is one of that ID */
  async createEnrollmentGroup(
    group: EnrollmentGroup,
    { signal }: RequestOptions = {},
  ): Promise<EnrollmentGroup> {
    return this.#put(group, undefined, signal);
  }

  /**
   * Replaces a group.
   *
   * @param etag of the group as it is; `*` for whatever it is
   * @throws EnrollkitError PRECONDITION_FAILED when it was changed meanwhile, or is gone
   */
  async updateEnrollmentGroup(
    group: EnrollmentGroup,
    etag: string,
    { signal }: RequestOptions = {},
  ): Promise<EnrollmentGroup> {
    return this.#put(group, etag, signal);
  }

  /**
   * A group that is gone counts as deleted. Registration records of its devices stay.
   *
   * @param options.etag deletes it only as it is
   */
  async deleteEnrollmentGroup(
    enrollmentGroupId: string,
    { etag, signal }: RequestOptions & { etag?: string } = {},
  ): Promise<void> {
    const request = groupRequest(routes.service.deleteEnrollmentGroup, enrollmentGroupId, etag);
    await unlessMissing(this.#http.sendOnly({ ...request, signal }));
  }

  /** All of them: a DPS holds at most 100 groups of X.509 attestation. */
  async listEnrollmentGroups({ signal }: RequestOptions = {}): Promise<EnrollmentGroup[]> {
    const request = { route: routes.service.queryEnrollmentGroups, parameters: {} };
    const groups: EnrollmentGroup[] = [];
    const found = this.#query({ ...request, subject: 'the enrollment groups', signal }, receivedGroup);
    for await (const group of found) groups.push(group);
    return groups;
  }

  /** As {@link getEnrollmentGroup}, for an individual enrollment. */
  async getEnrollment(
    registrationId: string,
    { signal }: RequestOptions = {},
  ): Promise<IndividualEnrollment | undefined> {
    const subject = `the individual enrollment ${registrationId}`;
    const request = { route: routes.service.getEnrollment, parameters: { registrationId }, subject, signal };
    return (await unlessMissing(this.#http.send(request, receivedEnrollment)))?.body;
  }

  /**
   * A page of all individual enrollments, without the state of registrations. Which order they come in, and how many a
   * page has, is for the service to say. One of a kind that enrollkit does not know is left out: it must not keep others
   * from being read.
   *
   * @param continuation of the page before; the first page without it
   * @returns `continuation`: undefined when this is the last page
   */
  async getEnrollmentPage(
    continuation: string | undefined,
    { signal }: RequestOptions = {},
  ): Promise<{ enrollments: IndividualEnrollment[]; continuation: string | undefined }> {
    const request = { route: routes.service.queryEnrollments, parameters: {}, signal };
    const subject = 'the individual enrollments';
    const page = await this.#page({ ...request, subject }, z.unknown(), continuation);
    const enrollments = page.items.filter(
      (item): item is IndividualEnrollment => individualEnrollment.safeParse(item).success,
    );
    return { enrollments, continuation: page.continuation };
  }

  /**
   * Creates, updates or deletes individual enrollments in one request. Each goes by itself, and may be sent twice: after
   * a lost connection, those that were done the first time are among those that are refused.
   *
   * @param mode `update` of one that exists is refused: see `updateIfMatchETag`
   * @param enrollments 1 to 10; for `updateIfMatchETag`, with the etags of what they replace; for `delete`, their
   *   registration IDs suffice
   * @returns an error for each that was refused, as far as the service names them
   */
  async bulkEnrollments(
    mode: (typeof bulkModes)[number],
    enrollments: readonly (IndividualEnrollment | { registrationId: string })[],
    { signal }: RequestOptions = {},
  ): Promise<BulkResult> {
    const subject = `${enrollments.length} individual enrollments`;
    const body = { mode, enrollments };
    const request = { route: routes.service.bulkEnrollments, parameters: {}, subject, body };
    return (await this.#http.send({ ...request, repeatable: true, signal }, bulkResult)).body;
  }

  /** Undefined when the device has not registered. */
  async getRegistration(
    registrationId: string,
    { signal }: RequestOptions = {},
  ): Promise<RegistrationState | undefined> {
    const request = registrationRequest(routes.service.getRegistration, registrationId);
    return (await unlessMissing(this.#http.send({ ...request, signal }, registrationState)))?.body;
  }

  /** A record that is gone counts as deleted. The device stays in its hub. */
  async deleteRegistration(
    registrationId: string,
    { etag, signal }: RequestOptions & { etag?: string } = {},
  ): Promise<void> {
    const request = registrationRequest(routes.service.deleteRegistration, registrationId, etag);
    await unlessMissing(this.#http.sendOnly({ ...request, signal }));
  }

  /** The registration records of a group, page by page as they are asked for. */
  async *listRegistrations(
    enrollmentGroupId: string,
    { signal }: RequestOptions = {},
  ): AsyncGenerator<RegistrationState, void> {
    const request = { route: routes.service.queryRegistrations, parameters: { enrollmentGroupId } };
    const subject = `the registration records of the group ${enrollmentGroupId}`;
    yield* this.#query({ ...request, subject, signal }, registrationState);
  }

  close(): void {
    this.#http.close();
  }

  async #put(
    group: EnrollmentGroup,
    ifMatch: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<EnrollmentGroup> {
    const request = groupRequest(routes.service.putEnrollmentGroup, group.enrollmentGroupId, ifMatch);
    return (await this.#http.send({ ...request, body: group, signal }, receivedGroup)).body;
  }

  async *#query<Schema extends z.ZodType>(
    request: QueryRequest,
    item: Schema,
  ): AsyncGenerator<z.infer<Schema>, void> {
    let continuation: string | undefined;
    do {
      const page = await this.#page(request, item, continuation);
      yield* page.items;
      continuation = page.continuation;
    } while (continuation);
  }

  async #page<Schema extends z.ZodType>(
    request: QueryRequest,
    item: Schema,
    continuation: string | undefined,
  ): Promise<{ items: z.infer<Schema>[]; continuation: string | undefined }> {
    const headers: Record<string, string> = continuation ? { 'x-ms-continuation': continuation } : {};
    const reply = await this.#http.send(
      { ...request, headers, body: { query: 'SELECT *' }, repeatable: true },
      z.array(item),
    );
    return { items: reply.body, continuation: reply.header('x-ms-continuation') || undefined };
  }
}

type QueryRequest = { route: Route; parameters: Record<string, string>; subject: string } & RequestOptions;

const receivedGroup = asReceived(enrollmentGroup);
const receivedEnrollment = asReceived(individualEnrollment);

function groupRequest(route: Route, enrollmentGroupId: string, etag?: string) {
  const subject = `the enrollment group ${enrollmentGroupId}`;
  return { route, parameters: { enrollmentGroupId }, subject, ...ifMatch(etag) };
}

function registrationRequest(route: Route, registrationId: string, etag?: string) {
  const subject = `the registration record of ${registrationId}`;
  return { route, parameters: { registrationId }, subject, ...ifMatch(etag) };
}

function ifMatch(etag: string | undefined): { headers?: Record<string, string> } {
  return etag === undefined ? {} : { headers: { 'if-match': etag } };
}
