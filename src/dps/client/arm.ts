/**
 * A client of Azure Resource Manager for one provisioning service: the service itself, the caller's permissions, keys,
 * CA certificates and their proof of possession.
 *
 * Source: azure-rest-api-specs, deviceprovisioningservices resource-manager 2022-02-05.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { parseCertificate } from '../../pki/x509/certificate.js';
import { sha1Thumbprint } from '../../pki/x509/inspect.js';
import { permissionsApiVersions } from '../contract/api-versions.js';
import { type Route, routes } from '../contract/routes.js';
import {
  activatingService,
  type CertificateResource,
  certificateResource,
  type ProvisioningService,
  provisioningService,
  type SharedAccessPolicy,
  sharedAccessPolicy,
  verificationCodeReply,
} from '../contract/schemas.js';
import { armHttpClient } from './arm-http.js';
import type { HttpClient, HttpReply, HttpRequest, RequestOptions } from './http/client.js';
import { clockSkewError, isSkewed } from './http/clock.js';
import { undefinedIfMissing } from './http/missing.js';
import { confirmedIfRepeated, isStaleAfterLostAnswer } from './http/repeated.js';
import type { Target } from './target.js';

type ArmRequest = Omit<HttpRequest, 'parameters'> & { parameters?: Record<string, string> };

/**
 * Azure Resource Manager's view of one provisioning service.
 *
 * Each request can throw an EnrollkitError for the response (NO_CREDENTIALS, FORBIDDEN, NOT_FOUND, CONFLICT,
 * PRECONDITION_FAILED, THROTTLED, SERVICE_FAILED, or else REFUSED) or for the connection (NETWORK, SERVER_NOT_TRUSTED).
 */
export class ControlPlane {
  readonly #http: HttpClient;
  readonly #target: Target;

  constructor(target: Target) {
    this.#target = target;
    this.#http = armHttpClient(target);
  }

  /**
   * How many milliseconds the clock of Azure Resource Manager is ahead of this computer's; undefined before the first
   * response.
   */
  get clockSkewMs(): number | undefined {
    return this.#http.clockSkewMs;
  }

  /**
   * Gets the provisioning service; waits for one that is still being created. Also checks the clock, because runs make
   * this request first.
   *
   * @throws EnrollkitError DPS_NOT_FOUND; TIMEOUT when it is not active after several minutes; CLOCK_SKEW when the clocks
   *   are more than five minutes apart; FORBIDDEN also when the subscription or resource group is unknown, as without
   *   permissions on them
   */
  async getService({ signal }: RequestOptions = {}): Promise<ProvisioningService> {
    const { dpsName, resourceGroup, armEndpoint, now = () => new Date() } = this.#target;
    const service = await this.#activeService(signal);
    if (!service) {
      throw new EnrollkitError(
        'DPS_NOT_FOUND',
        sentences.dpsClient.noSuchService(dpsName, resourceGroup ?? ''),
      );
    }
    if (isSkewed(this.#http.clockSkewMs)) {
      throw clockSkewError(this.#http.clockSkewMs, new URL(armEndpoint).host, now());
    }
    return service;
  }

  /** Undefined when there is none. */
  async #activeService(signal: AbortSignal | undefined): Promise<ProvisioningService | undefined> {
    const { dpsName } = this.#target;
    const subject = sentences.dpsClient.service(dpsName);
    const request = { route: routes.arm.getService, subject, signal };
    for (let polls = 0; ; polls += 1) {
      const reply = await undefinedIfMissing(
        this.#send(request, z.union([provisioningService, activatingService])),
      );
      if (!reply) return undefined;
      if (isActive(reply.body)) return reply.body;
      if (reply.body.properties.state === 'ActivationFailed' || polls >= activationPolls) {
        throw new EnrollkitError(
          'TIMEOUT',
          sentences.dpsClient.notActiveYet(dpsName, reply.body.properties.state ?? undefined),
          { next: sentences.dpsClient.lookAtService(dpsName) },
        );
      }
      const seconds = Number(reply.header('retry-after') ?? activationPollSeconds);
      await sleep(seconds * 1000, undefined, { signal }).catch((error: unknown) => {
        throw signal?.aborted ? signal.reason : error;
      });
    }
  }

  /**
   * The actions that the caller is not permitted to do on this provisioning service.
   *
   * @param actions operations of Azure's role-based access control, `Microsoft.Devices/.../write`
   */
  async missingPermissions(actions: string[], { signal }: RequestOptions = {}): Promise<string[]> {
    const request = { route: routes.arm.getPermissions, subject: sentences.dpsClient.permissions, signal };
    const allowed = await this.#list({ ...request, apiVersion: permissionsApiVersions[0] }, permission);
    const allows = (action: string) =>
      allowed.some(
        ({ actions: given, notActions }) =>
          given.some((one) => matchesAction(one, action)) &&
          !notActions.some((one) => matchesAction(one, action)),
      );
    return actions.filter((action) => !allows(action));
  }

  /** Every shared access policy, with its keys. */
  async listKeys({ signal }: RequestOptions = {}): Promise<SharedAccessPolicy[]> {
    const subject = sentences.dpsClient.serviceKeys;
    return this.#list({ route: routes.arm.listKeys, subject, repeatable: true, signal }, sharedAccessPolicy);
  }

  /** One shared access policy, with its keys; undefined if it does not exist. */
  async getKey(keyName: string, { signal }: RequestOptions = {}): Promise<SharedAccessPolicy | undefined> {
    const reply = this.#send(
      {
        route: routes.arm.getKey,
        parameters: { keyName },
        subject: sentences.dpsClient.policyKeys(keyName),
        repeatable: true,
        signal,
      },
      sharedAccessPolicy,
    );
    return (await undefinedIfMissing(reply))?.body;
  }

  async listCertificates({ signal }: RequestOptions = {}): Promise<CertificateResource[]> {
    const subject = sentences.dpsClient.certificates;
    return this.#list({ route: routes.arm.listCertificates, subject, signal }, certificateResource);
  }

  /**
   * Returns undefined if it does not exist.
   *
   * @throws EnrollkitError NOT_FOUND when the provisioning service, its resource group or its subscription is not found
   */
  async getCertificate(
    certificateName: string,
    { signal }: RequestOptions = {},
  ): Promise<CertificateResource | undefined> {
    const request = { ...certificateRequest(routes.arm.getCertificate, certificateName), signal };
    return (await undefinedIfMissing(this.#send(request, certificateResource), isCertificateMissing))?.body;
  }

  /**
   * Uploads a CA certificate.
   *
   * @param certificate a single one, PEM or DER
   * @param options.ifMatch the etag of the certificate to replace; without it, the name must be free
   * @param options.isVerified requests verification without proof of possession
   * @throws EnrollkitError INVALID_CERTIFICATE, PRECONDITION_FAILED, CONFLICT
   */
  async putCertificate(
    certificateName: string,
    certificate: string | Uint8Array,
    options: RequestOptions & { ifMatch?: string; isVerified?: boolean } = {},
  ): Promise<CertificateResource> {
    const { ifMatch, isVerified, signal } = options;
    const properties = {
      certificate: base64Der(certificate),
      ...(isVerified === undefined ? {} : { isVerified }),
    };
    const request = {
      ...certificateRequest(routes.arm.putCertificate, certificateName, ifMatch),
      body: { properties },
      // Without an etag, the name must be free, so that this can be sent twice, too.
      repeatable: true,
      signal,
    };
    const asked = sha1Thumbprint(parseCertificate(certificate));
    return confirmedIfRepeated(
      this.#send(request, certificateResource).then(({ body }) => body),
      () => this.getCertificate(certificateName, { signal }),
      (found) =>
        found.properties.thumbprint.toUpperCase() === asked && (!isVerified || found.properties.isVerified),
    );
  }

  /**
   * Succeeds if it is already gone.
   *
   * @param etag the certificate's; `*` for any
   * @throws EnrollkitError NOT_FOUND like {@link getCertificate}
   */
  async deleteCertificate(
    certificateName: string,
    etag: string,
    { signal }: RequestOptions = {},
  ): Promise<void> {
    const request = certificateRequest(routes.arm.deleteCertificate, certificateName, etag);
    await undefinedIfMissing(this.#sendOnly({ ...request, signal }), isCertificateMissing);
  }

  /**
   * Generates a verification code, which replaces any earlier one.
   *
   * @param etag the certificate's; `*` for any
   * @returns the code, and the certificate's new etag
   */
  async generateVerificationCode(
    certificateName: string,
    etag: string,
    { signal }: RequestOptions = {},
  ): Promise<{ code: string; etag: string }> {
    const send = (ifMatch: string) => {
      const request = certificateRequest(routes.arm.generateVerificationCode, certificateName, ifMatch);
      return this.#send({ ...request, signal }, verificationCodeReply);
    };
    const { body } = await send(etag).catch(async (error: unknown) => {
      // The answer with the first code was lost; it changed the etag, and another code takes its place.
      if (!isStaleAfterLostAnswer(error)) throw error;
      return send((await this.getCertificate(certificateName, { signal }))?.etag ?? etag);
    });
    // The specification's example has no etag; then get it.
    const after = body.etag ?? (await this.getCertificate(certificateName, { signal }))?.etag ?? '*';
    return { code: body.properties.verificationCode, etag: after };
  }

  /**
   * Proves possession: sends the verification certificate. When the etag is stale, and the certificate is verified by now,
   * this succeeds: the answer to an earlier attempt was lost.
   *
   * @param certificate the verification certificate, PEM or DER: its common name is the code, its issuer the CA
   * @throws EnrollkitError REFUSED with the service's reason
   */
  async verifyCertificate(
    certificateName: string,
    etag: string,
    certificate: string | Uint8Array,
    { signal }: RequestOptions = {},
  ): Promise<void> {
    const request = certificateRequest(routes.arm.verifyCertificate, certificateName, etag);
    try {
      await this.#sendOnly({ ...request, body: { certificate: base64Der(certificate) }, signal });
    } catch (error) {
      if (!(error instanceof EnrollkitError) || error.code !== 'PRECONDITION_FAILED') throw error;
      const found = await this.getCertificate(certificateName, { signal });
      if (!found?.properties.isVerified) throw error;
    }
  }

  close(): void {
    this.#http.close();
  }

  #send<Schema extends z.ZodType>(request: ArmRequest, schema: Schema): Promise<HttpReply<z.infer<Schema>>> {
    return this.#http.send(this.#within(request), schema);
  }

  #sendOnly(request: ArmRequest): Promise<void> {
    return this.#http.sendOnly(this.#within(request));
  }

  async #list<Schema extends z.ZodType>(request: ArmRequest, item: Schema): Promise<z.infer<Schema>[]> {
    const { body } = await this.#send(request, z.object({ value: z.array(item) }));
    return body.value;
  }

  #within({ parameters, ...request }: ArmRequest): HttpRequest {
    const { subscriptionId, resourceGroup, dpsName } = this.#target;
    if (!subscriptionId || !resourceGroup) {
      throw new EnrollkitError('FORBIDDEN', sentences.dpsClient.unknownScope(dpsName), {
        next: sentences.dpsClient.giveScope,
      });
    }
    return { ...request, parameters: { subscriptionId, resourceGroup, dpsName, ...parameters } };
  }
}

/** Azure takes 31 to 61 seconds to make a provisioning service. */
const activationPollSeconds = 5;
const activationPolls = 60;

function isActive(
  service: ProvisioningService | z.infer<typeof activatingService>,
): service is ProvisioningService {
  return service.properties.idScope != null;
}

const permission = z.object({ actions: z.array(z.string()), notActions: z.array(z.string()).default([]) });

/**
 * Error codes of Azure Resource Manager and DPS, with status 404, for a missing provisioning service, resource group or
 * subscription. The certificate may still exist, if the provisioning service was moved to another resource group.
 */
const missingContainerCodes: ReadonlySet<unknown> = new Set([
  'SubscriptionNotFound',
  'ResourceGroupNotFound',
  'ResourceNotFound',
  'ParentResourceNotFound',
  404002,
  '404002',
]);
const isCertificateMissing = (serviceCode: unknown) => !missingContainerCodes.has(serviceCode);

function certificateRequest(route: Route, certificateName: string, etag?: string) {
  return {
    route,
    parameters: { certificateName },
    subject: sentences.dpsClient.certificate(certificateName),
    ...(etag === undefined ? {} : { headers: { 'if-match': etag } }),
  };
}

/** The specification calls it "Base-64 representation of the X509 certificate .cer file". */
function base64Der(certificate: string | Uint8Array): string {
  return parseCertificate(certificate).der.toString('base64');
}

/** Whether a role's action, which can have wildcards, includes an action. */
function matchesAction(right: string, action: string): boolean {
  const pattern = right.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*');
  return new RegExp(`^${pattern}$`, 'i').test(action);
}
