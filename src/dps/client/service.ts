/**
 * The service plane of DPS: enrollment groups, individual enrollments and registration records.
 *
 * Source: azure-rest-api-specs, deviceprovisioningservices data-plane 2021-10-01.
 */

import * as z from 'zod';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { csrApiVersion, firstCertificatePolicyApiVersion } from '../contract/api-versions.js';
import { type Route, routes } from '../contract/routes.js';
import {
  attestationMechanism,
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
import { differingMembers } from './enrollment-members.js';
import { asReceived } from './http/as-received.js';
import { HttpClient, type RequestOptions } from './http/client.js';
import { undefinedIfMissing } from './http/missing.js';
import { confirmedIfRepeated } from './http/repeated.js';
import { servicePolicy } from './service-auth.js';
import type { Target } from './target.js';

/**
 * The enrollments and registration records of one provisioning service.
 *
 * Each request can throw an EnrollkitError for the response (NO_CREDENTIALS, FORBIDDEN, NOT_FOUND, CONFLICT,
 * PRECONDITION_FAILED, THROTTLED, SERVICE_FAILED, or else REFUSED) or for the connection (NETWORK, SERVER_NOT_TRUSTED).
 */
export class ServicePlane {
  readonly #http: HttpClient;

  constructor(target: Target) {
    const { serviceHostName, trust, onRequest, exchange, now } = target;
    this.#http = new HttpClient({
      plane: 'service',
      endpoint: `https://${serviceHostName}`,
      authorize: servicePolicy(target),
      trust,
      onRequest,
      exchange,
      now,
    });
  }

  /** How many milliseconds the clock of DPS is ahead of this computer's; undefined before the first response. */
  get clockSkewMs(): number | undefined {
    return this.#http.clockSkewMs;
  }

  /**
   * Returns undefined if it does not exist. `policy` asks for the members that name a policy, too: `credentialPolicyName`, or
   * `certificatePolicyName` with its namespace and CA; `any` for those that it has, also of a service without them. The reply describes certificates but does not contain them; it has all
   * members that the service sent, including those unknown to enrollkit.
   */
  async getEnrollmentGroup(
    enrollmentGroupId: string,
    { policy, signal }: RequestOptions & { policy?: PolicyKind | 'any' | undefined } = {},
  ): Promise<EnrollmentGroup | undefined> {
    if (policy === 'any')
      return ofAnyPolicy((kind) => this.getEnrollmentGroup(enrollmentGroupId, { policy: kind, signal }));
    const request = groupRequest(routes.service.getEnrollmentGroup, enrollmentGroupId);
    const sent = this.#http.send({ ...request, ...policyApiVersion(policy), signal }, receivedGroup);
    return (await undefinedIfMissing(sent))?.body;
  }

  /** @throws EnrollkitError CONFLICT when it exists */
  async createEnrollmentGroup(
    group: EnrollmentGroup,
    { signal }: RequestOptions = {},
  ): Promise<EnrollmentGroup> {
    return this.#put(group, undefined, signal);
  }

  /**
   * Replaces a group.
   *
   * @param etag of the current group; `*` for any
   * @throws EnrollkitError PRECONDITION_FAILED when it was changed or deleted meanwhile
   */
  async updateEnrollmentGroup(
    group: EnrollmentGroup,
    etag: string,
    { signal }: RequestOptions = {},
  ): Promise<EnrollmentGroup> {
    return this.#put(group, etag, signal);
  }

  /**
   * Succeeds if it is already gone. Registration records of its devices stay.
   *
   * @param options.etag deletes the group only if it has this etag
   */
  async deleteEnrollmentGroup(
    enrollmentGroupId: string,
    { etag, signal }: RequestOptions & { etag?: string } = {},
  ): Promise<void> {
    const request = groupRequest(routes.service.deleteEnrollmentGroup, enrollmentGroupId, etag);
    await undefinedIfMissing(this.#http.sendOnly({ ...request, signal }));
  }

  /** Gets all groups: a DPS has at most 100 with X.509 attestation. */
  async listEnrollmentGroups({ signal }: RequestOptions = {}): Promise<EnrollmentGroup[]> {
    const request = { route: routes.service.queryEnrollmentGroups, parameters: {} };
    const groups: EnrollmentGroup[] = [];
    const found = this.#query(
      { ...request, subject: sentences.dpsClient.enrollmentGroups, signal },
      receivedGroup,
    );
    for await (const group of found) groups.push(group);
    return groups;
  }

  /** Like {@link getEnrollmentGroup}, for an individual enrollment. */
  async getEnrollment(
    registrationId: string,
    { policy, signal }: RequestOptions & { policy?: PolicyKind | 'any' | undefined } = {},
  ): Promise<IndividualEnrollment | undefined> {
    if (policy === 'any')
      return ofAnyPolicy((kind) => this.getEnrollment(registrationId, { policy: kind, signal }));
    const request = individualRequest(routes.service.getEnrollment, registrationId);
    const sent = this.#http.send({ ...request, ...policyApiVersion(policy), signal }, receivedEnrollment);
    return (await undefinedIfMissing(sent))?.body;
  }

  /**
   * Creates an individual enrollment.
   *
   * @returns the reply, which has the keys of a symmetric key attestation
   * @throws EnrollkitError CONFLICT when it exists
   */
  async createEnrollment(
    enrollment: IndividualEnrollment,
    { signal }: RequestOptions = {},
  ): Promise<IndividualEnrollment> {
    return this.#putIndividual(enrollment, undefined, signal);
  }

  /**
   * Replaces an individual enrollment.
   *
   * @param etag of the current one; `*` for any
   * @throws EnrollkitError PRECONDITION_FAILED when it was changed or deleted meanwhile
   */
  async updateEnrollment(
    enrollment: IndividualEnrollment,
    etag: string,
    { signal }: RequestOptions = {},
  ): Promise<IndividualEnrollment> {
    return this.#putIndividual(enrollment, etag, signal);
  }

  /**
   * Succeeds if it is already gone. The device stays in its hub.
   *
   * @param options.etag deletes the enrollment only if it has this etag
   */
  async deleteEnrollment(
    registrationId: string,
    { etag, signal }: RequestOptions & { etag?: string } = {},
  ): Promise<void> {
    const request = individualRequest(routes.service.deleteEnrollment, registrationId, etag);
    await undefinedIfMissing(this.#http.sendOnly({ ...request, signal }));
  }

  /** The attestation of an individual enrollment with its symmetric keys, which no other reply has. */
  async getEnrollmentAttestation(
    registrationId: string,
    { signal }: RequestOptions = {},
  ): Promise<IndividualEnrollment['attestation'] | undefined> {
    const request = individualRequest(routes.service.getEnrollmentAttestation, registrationId);
    const sent = this.#http.send({ ...request, repeatable: true, signal }, attestationMechanism);
    return (await undefinedIfMissing(sent))?.body;
  }

  /**
   * Gets a page of all individual enrollments, without registration states. The service chooses order and page size.
   * Enrollments of an unknown kind are left out, so that the others can be read.
   *
   * @param continuation from the previous page; undefined for the first
   * @returns `continuation` is undefined on the last page
   */
  async getEnrollmentPage(
    continuation: string | undefined,
    { signal }: RequestOptions = {},
  ): Promise<{ enrollments: IndividualEnrollment[]; continuation: string | undefined }> {
    const request = { route: routes.service.queryEnrollments, parameters: {}, signal };
    const subject = sentences.dpsClient.enrollments;
    const page = await this.#page({ ...request, subject }, z.unknown(), continuation);
    const enrollments = page.items.filter(
      (item): item is IndividualEnrollment => individualEnrollment.safeParse(item).success,
    );
    return { enrollments, continuation: page.continuation };
  }

  /** All individual enrollments; fetches pages on demand. As {@link getEnrollmentPage} otherwise. */
  async *listEnrollments({ signal }: RequestOptions = {}): AsyncGenerator<IndividualEnrollment, void> {
    let continuation: string | undefined;
    do {
      const page = await this.getEnrollmentPage(continuation, { signal });
      yield* page.enrollments;
      continuation = page.continuation;
    } while (continuation !== undefined);
  }

  /**
   * Creates, updates or deletes individual enrollments in one request. Each succeeds or fails by itself. The request
   * can be sent twice: after a lost connection, enrollments that succeeded the first time are reported as errors.
   *
   * @param mode DPS refuses to `update` an existing one: use `updateIfMatchETag`
   * @param enrollments 1 to 10; with the current etags for `updateIfMatchETag`; registration IDs are enough for
   *   `delete`
   * @returns the errors that the service reported
   */
  async bulkEnrollments(
    mode: (typeof bulkModes)[number],
    enrollments: readonly (IndividualEnrollment | { registrationId: string })[],
    { signal }: RequestOptions = {},
  ): Promise<BulkResult> {
    const subject = sentences.dpsClient.someEnrollments(enrollments.length);
    const body = { mode, enrollments };
    const request = { route: routes.service.bulkEnrollments, parameters: {}, subject, body };
    return (await this.#http.send({ ...request, repeatable: true, signal }, bulkResult)).body;
  }

  /** Returns undefined if the device has not registered. */
  async getRegistration(
    registrationId: string,
    { signal }: RequestOptions = {},
  ): Promise<RegistrationState | undefined> {
    const request = registrationRequest(routes.service.getRegistration, registrationId);
    return (await undefinedIfMissing(this.#http.send({ ...request, signal }, registrationState)))?.body;
  }

  /** Succeeds if it is already gone. The device stays in its hub. */
  async deleteRegistration(
    registrationId: string,
    { etag, signal }: RequestOptions & { etag?: string } = {},
  ): Promise<void> {
    const request = registrationRequest(routes.service.deleteRegistration, registrationId, etag);
    await undefinedIfMissing(this.#http.sendOnly({ ...request, signal }));
  }

  /** The registration records of a group; fetches pages on demand. */
  async *listRegistrations(
    enrollmentGroupId: string,
    { signal }: RequestOptions = {},
  ): AsyncGenerator<RegistrationState, void> {
    const request = { route: routes.service.queryRegistrations, parameters: { enrollmentGroupId } };
    const subject = sentences.dpsClient.registrationsOfGroup(enrollmentGroupId);
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
    const { enrollmentGroupId } = group;
    const request = groupRequest(routes.service.putEnrollmentGroup, enrollmentGroupId, ifMatch);
    // Without an etag, DPS refuses to replace a group, so that this can be sent twice, too.
    const version = policyApiVersion(policyKindOf(group));
    const sent = { ...request, ...version, body: group, repeatable: true, signal };
    const put = this.#http.send(sent, receivedGroup);
    return confirmedIfRepeated(
      put.then(({ body }) => body),
      () => this.getEnrollmentGroup(enrollmentGroupId, { signal }),
      (found) => differingMembers(group, found).length === 0,
    );
  }

  async #putIndividual(
    enrollment: IndividualEnrollment,
    ifMatch: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<IndividualEnrollment> {
    const { registrationId, attestation, ...members } = enrollment;
    const request = individualRequest(routes.service.putEnrollment, registrationId, ifMatch);
    const version = policyApiVersion(policyKindOf(enrollment));
    const sent = { ...request, ...version, body: enrollment, repeatable: true, signal };
    const put = this.#http.send(sent, receivedEnrollment);
    return confirmedIfRepeated(
      put.then(({ body }) => body),
      () => this.getEnrollment(registrationId, { signal }),
      // Replies do not show symmetric keys.
      (found) =>
        differingMembers(attestation.x509 ? { ...members, attestation } : members, found).length === 0 &&
        found.attestation.type === attestation.type,
    );
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

/** How an enrollment names the policy for certificates of its devices; the two are in different api-versions. */
export type PolicyKind = 'credential' | 'certificate';

const policyApiVersions = { credential: csrApiVersion, certificate: firstCertificatePolicyApiVersion };

function policyApiVersion(kind: PolicyKind | undefined): { apiVersion?: string } {
  return kind === undefined ? {} : { apiVersion: policyApiVersions[kind] };
}

const policyKinds = Object.keys(policyApiVersions) as PolicyKind[];

/** What the service has, in the api-version that shows its policy: the oldest if it has none. */
async function ofAnyPolicy<Found extends Parameters<typeof policyKindOf>[0]>(
  read: (kind?: PolicyKind) => Promise<Found | undefined>,
): Promise<Found | undefined> {
  const found = await read();
  if (!found || policyKindOf(found)) return found;
  for (const kind of policyKinds) {
    const shown = await read(kind).catch((error: unknown) => {
      // An older service does not support the api-version.
      if (error instanceof EnrollkitError && error.code === 'REFUSED') return undefined;
      throw error;
    });
    if (shown && policyKindOf(shown)) return shown;
  }
  return found;
}

function policyKindOf(
  enrollment: Pick<EnrollmentGroup, 'credentialPolicyName' | 'certificatePolicyName'>,
): PolicyKind | undefined {
  if (enrollment.certificatePolicyName != null) return 'certificate';
  return enrollment.credentialPolicyName == null ? undefined : 'credential';
}

type QueryRequest = { route: Route; parameters: Record<string, string>; subject: string } & RequestOptions;

const receivedGroup = asReceived(enrollmentGroup);
const receivedEnrollment = asReceived(individualEnrollment);

function groupRequest(route: Route, enrollmentGroupId: string, etag?: string) {
  const subject = sentences.dpsClient.enrollmentGroup(enrollmentGroupId);
  return { route, parameters: { enrollmentGroupId }, subject, ...ifMatch(etag) };
}

function individualRequest(route: Route, registrationId: string, etag?: string) {
  const subject = sentences.dpsClient.enrollment(registrationId);
  return { route, parameters: { registrationId }, subject, ...ifMatch(etag) };
}

function registrationRequest(route: Route, registrationId: string, etag?: string) {
  const subject = sentences.dpsClient.registration(registrationId);
  return { route, parameters: { registrationId }, subject, ...ifMatch(etag) };
}

function ifMatch(etag: string | undefined): { headers?: Record<string, string> } {
  return etag === undefined ? {} : { headers: { 'if-match': etag } };
}
