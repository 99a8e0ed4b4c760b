/**
 * CA certificates as ARM resources, and the proof of possession of their keys.
 *
 * The etag changes with every step, and each step names the etag of the one before (Azure/azure-cli#13098).
 */

import { createHash, randomBytes } from 'node:crypto';
import * as z from 'zod';
import {
  firstCertificateMemberApiVersion,
  lastFlatCertificateBody,
} from '../../../dps/contract/api-versions.js';
import { certificateNameProblem } from '../../../dps/contract/ids.js';
import type { CertificateResource } from '../../../dps/contract/schemas.js';
import { en } from '../../../languages/en.js';
import { validateChain } from '../../../pki/path/validate.js';
import type { Certificate } from '../../../pki/x509/certificate.js';
import { inspectCertificate } from '../../../pki/x509/inspect.js';
import { etagMatches } from '../../state/etag.js';
import type { HttpRequest } from '../../wire/http/request.js';
import { certificateFromText } from '../certificate-text.js';
import type { ProvisioningService } from '../provisioning-service.js';
import { serviceResourceId } from '../service-resource-id.js';
import type { StoredCertificate } from '../state/ca-certificates.js';
import { ArmError, badRequest } from './arm-error.js';
import { abridge, armOperations, assertIfMatch, etagMismatch, type ServiceScope } from './scope.js';

/** The time in the reply that creates a certificate: .NET's default (recorded by Azure/azure-cli). */
const unsetTime = 'Mon, 01 Jan 0001 00:00:00 GMT';

const certificateBody = z.object({ certificate: z.string().min(1), isVerified: z.boolean().nullish() });

export const certificateOperations = armOperations<ServiceScope>({
  listCertificates: {
    handle: ({ apiVersion }, { service }) => ({
      status: 200,
      body: { value: service.certificates.list().map((stored) => toResource(service, stored, apiVersion)) },
    }),
  },
  getCertificate: {
    idParameter: 'certificateName',
    handle(request, { service }) {
      const stored = requireCertificate(request, service);
      assertIfMatch(request, stored.etag);
      return { status: 200, body: toResource(service, stored, request.apiVersion) };
    },
  },
  putCertificate: {
    idParameter: 'certificateName',
    async handle(request, { service, subscription: { now } }) {
      const { certificates } = service;
      const name = request.parameters.certificateName!;
      const problem = certificateNameProblem(name, en);
      if (problem) throw badRequest(problem);
      const { certificate, isVerified } = parseBody(await request.json(), request.apiVersion);
      const before = certificates.get(name);
      if (before && !etagMatches(request.header('if-match') ?? '', before.etag)) throw etagMismatch();
      const { der } = readCertificate(certificate);
      if (!before) assertRoom(service);
      const unchanged = before?.der.equals(der) ? before : undefined;
      const at = now();
      const saved = certificates.save({
        name: before?.name ?? name,
        der,
        uploaded: certificate,
        sha256: createHash('sha256').update(der).digest('hex').toUpperCase(),
        verified: isVerified ?? unchanged?.verified ?? false,
        verificationCode: unchanged?.verificationCode,
        created: before?.created ?? at,
        updated: at,
      });
      // 200 for a new one too: official clients throw on 201.
      const { properties, ...resource } = toResource(service, saved, request.apiVersion);
      const created = before ? properties.created : unsetTime;
      return { status: 200, body: { ...resource, properties: { ...properties, created } } };
    },
  },
  deleteCertificate: {
    idParameter: 'certificateName',
    handle(request, { service }) {
      // Azure Resource Manager's rule for all resource providers.
      if (!service.certificates.get(request.parameters.certificateName!)) return { status: 204 };
      service.certificates.delete(requireForChange(request, service).name);
      return { status: 200 };
    },
  },
  generateVerificationCode: {
    idParameter: 'certificateName',
    handle(request, { service, subscription: { now } }) {
      const stored = requireForChange(request, service);
      // 48 hexadecimal digits, as the real service's.
      const verificationCode = randomBytes(24).toString('hex').toUpperCase();
      const saved = service.certificates.save({ ...stored, verificationCode, updated: now() });
      const { properties, ...resource } = toResource(service, saved, request.apiVersion);
      const { certificate } = properties;
      return {
        status: 200,
        body: {
          ...resource,
          properties: {
            verificationCode,
            ...properties,
            // The only reply that has the certificate.
            ...(certificate === undefined ? {} : { certificate: stored.uploaded }),
          },
        },
      };
    },
  },
  verifyCertificate: {
    idParameter: 'certificateName',
    async handle(request, { service, subscription: { now } }) {
      const body = certificateBody.safeParse(await request.json());
      if (!body.success) throw badRequest('The body must have the field certificate, a string.');
      const stored = requireForChange(request, service);
      await assertProof(readCertificate(body.data.certificate), stored, now());
      // Another request may have changed it meanwhile.
      if (!etagMatches(stored.etag, requireCertificate(request, service).etag)) throw etagMismatch();
      const saved = service.certificates.save({
        ...stored,
        verified: true,
        verificationCode: undefined,
        updated: now(),
      });
      return { status: 200, body: toResource(service, saved, request.apiVersion) };
    },
  },
});

function toResource(
  service: ProvisioningService,
  stored: StoredCertificate,
  apiVersion: string,
): CertificateResource {
  const described = inspectCertificate(stored.der);
  return {
    id: `${serviceResourceId(service)}/certificates/${stored.name}`,
    name: stored.name,
    type: 'Microsoft.Devices/provisioningServices/Certificates',
    etag: stored.etag,
    properties: {
      // The common name alone, by recordings from 2021 on.
      subject: described.commonName ?? described.subject,
      expiry: new Date(described.notAfter).toUTCString(),
      thumbprint: described.sha1Thumbprint,
      isVerified: stored.verified,
      created: stored.created.toUTCString(),
      updated: stored.updated.toUTCString(),
      ...(apiVersion < firstCertificateMemberApiVersion ? {} : { certificate: null }),
    },
  };
}

/** @throws ArmError certificateNotFound */
function requireCertificate({ parameters }: HttpRequest, service: ProvisioningService): StoredCertificate {
  const name = parameters.certificateName!;
  const stored = service.certificates.get(name);
  if (stored) return stored;
  throw new ArmError('certificateNotFound', `Certificate '${abridge(name)}' not found.`);
}

/** @throws ArmError certificateNotFound, badRequest, preconditionFailed */
function requireForChange(request: HttpRequest, service: ProvisioningService): StoredCertificate {
  const stored = requireCertificate(request, service);
  if (request.header('if-match') === undefined) throw badRequest('The header If-Match is missing.');
  assertIfMatch(request, stored.etag);
  return stored;
}

/** @throws ArmError quotaExceeded */
function assertRoom({ certificates, quotas }: ProvisioningService): void {
  const most = quotas.most('certificates');
  if (certificates.list().length < most) return;
  throw new ArmError('quotaExceeded', `Max number of certificates exceeded, Max Allowed = ${most}.`);
}

/** The body is flat up to an api-version, and nested under `properties` after it. */
function parseBody(body: unknown, apiVersion: string): z.infer<typeof certificateBody> {
  const isFlat = apiVersion.slice(0, lastFlatCertificateBody.length) <= lastFlatCertificateBody;
  const parsed = isFlat
    ? certificateBody.safeParse(body)
    : z
        .object({ properties: certificateBody })
        .transform(({ properties }) => properties)
        .safeParse(body);
  if (parsed.success) return parsed.data;
  const place = isFlat ? 'certificate' : 'properties.certificate';
  throw badRequest(`With api-version ${apiVersion} the body must have the field ${place}, a base64 string.`);
}

/** @throws ArmError badRequest */
function readCertificate(text: string): Certificate {
  try {
    return certificateFromText(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw badRequest(`The certificate cannot be read: ${why}`);
  }
}

/**
 * The answer to the challenge: a certificate whose common name is the code, signed directly by the CA in question.
 *
 * @throws ArmError badRequest, proofFailed
 */
async function assertProof(proof: Certificate, stored: StoredCertificate, at: Date): Promise<void> {
  if (stored.verificationCode === undefined) {
    throw badRequest('No verification code was generated for this certificate.');
  }
  if (inspectCertificate(proof).commonName !== stored.verificationCode) {
    throw badRequest(
      'The common name of the verification certificate is not the verification code that was generated last.',
    );
  }
  const verdict = await validateChain({
    leaf: proof.der,
    intermediates: [],
    trustAnchors: [stored.der],
    at,
    purpose: 'any',
  });
  if (verdict.valid) return;
  throw new ArmError(
    'proofFailed',
    `Proof-Of-Possession failed. Issuer certificate '${inspectCertificate(proof).issuer}' cannot be found in the certificate chain.`,
  );
}
