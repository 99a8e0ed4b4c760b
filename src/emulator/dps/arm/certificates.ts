/**
 * CA certificates as ARM resources, and the proof of possession of their keys.
 *
 * The etag changes at every step, and each step names the one before it (Azure/azure-cli#13098).
 */
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { lastFlatCertificateBody } from '../../../dps/contract/api-versions.js';
import { certificateNameProblem } from '../../../dps/contract/ids.js';
import { routes } from '../../../dps/contract/routes.js';
import type { CertificateResource } from '../../../dps/contract/schemas.js';
import { validateChain } from '../../../pki/path/validate.js';
import type { Certificate } from '../../../pki/x509/certificate.js';
import { inspectCertificate } from '../../../pki/x509/inspect.js';
import { etagMatches } from '../../state/etag.js';
import type { Operation, OperationRequest } from '../../wire/http/operation.js';
import { certificateFromText } from '../certificate-text.js';
import type { StoredCertificate } from '../state/ca-certificates.js';
import { ArmError } from './arm-error.js';
import { type ArmServiceOptions, serviceResourceId } from './service.js';

const certificateBody = z.object({ certificate: z.string().min(1), isVerified: z.boolean().nullish() });

export function certificateOperations({ service, now }: ArmServiceOptions): Operation[] {
  const { certificates } = service;
  const subject = 'certificateName';

  const toResource = (stored: StoredCertificate, withCode = false): CertificateResource => {
    const described = inspectCertificate(stored.der);
    return {
      id: `${serviceResourceId(service)}/certificates/${stored.name}`,
      name: stored.name,
      type: 'Microsoft.Devices/ProvisioningServices/Certificates',
      etag: stored.etag,
      properties: {
        subject: described.subject,
        expiry: new Date(described.notAfter).toUTCString(),
        thumbprint: described.sha1Thumbprint,
        isVerified: stored.verified,
        created: stored.created.toUTCString(),
        updated: stored.updated.toUTCString(),
        certificate: stored.der.toString('base64'),
        ...(withCode ? { verificationCode: stored.verificationCode ?? '' } : {}),
      },
    };
  };

  const find = ({ parameters }: OperationRequest): StoredCertificate => {
    const stored = certificates.get(parameters.certificateName!);
    if (!stored) {
      throw new ArmError(
        'certificateNotFound',
        `There is no certificate '${parameters.certificateName!.slice(0, 90)}'.`,
      );
    }
    return stored;
  };

  const findToChange = (request: OperationRequest): StoredCertificate => {
    const stored = find(request);
    const ifMatch = request.header('if-match');
    if (ifMatch === undefined) throw new ArmError('badRequest', 'The header If-Match is missing.');
    assertEtag(ifMatch, stored);
    return stored;
  };

  const assertRoom = (): void => {
    const most = service.quotas.most('certificates');
    if (certificates.list().length < most) return;
    throw new ArmError('quotaExceeded', `Max number of certificates exceeded, Max Allowed = ${most}.`);
  };

  return [
    {
      name: 'listCertificates',
      route: routes.arm.listCertificates,
      handle: () => ({
        status: 200,
        body: { value: certificates.list().map((stored) => toResource(stored)) },
      }),
    },
    {
      name: 'getCertificate',
      route: routes.arm.getCertificate,
      subject,
      handle(request) {
        const stored = find(request);
        const ifMatch = request.header('if-match');
        if (ifMatch !== undefined) assertEtag(ifMatch, stored);
        return { status: 200, body: toResource(stored) };
      },
    },
    {
      name: 'putCertificate',
      route: routes.arm.putCertificate,
      subject,
      handle(request) {
        const name = request.parameters.certificateName!;
        const problem = certificateNameProblem(name);
        if (problem) throw new ArmError('badRequest', problem);
        const { certificate, isVerified } = parseBody(request);
        const before = certificates.get(name);
        if (before) assertEtag(request.header('if-match') ?? '', before);
        const { der } = readCertificate(certificate);
        if (!before) assertRoom();
        const unchanged = before?.der.equals(der) ?? false;
        const at = now();
        const saved = certificates.save({
          name: before?.name ?? name,
          der,
          sha256: createHash('sha256').update(der).digest('hex').toUpperCase(),
          verified: isVerified ?? (unchanged && before!.verified),
          verificationCode: unchanged ? before!.verificationCode : undefined,
          created: before?.created ?? at,
          updated: at,
        });
        // 200 also for a new one: official clients throw on 201.
        return { status: 200, body: toResource(saved) };
      },
    },
    {
      name: 'deleteCertificate',
      route: routes.arm.deleteCertificate,
      subject,
      handle(request) {
        // Azure Resource Manager's rule for all resource providers.
        if (!certificates.get(request.parameters.certificateName!)) return { status: 204 };
        certificates.delete(findToChange(request).name);
        return { status: 200 };
      },
    },
    {
      name: 'generateVerificationCode',
      route: routes.arm.generateVerificationCode,
      subject,
      handle(request) {
        const stored = findToChange(request);
        // 48 hexadecimal digits, as the real service's.
        const verificationCode = randomBytes(24).toString('hex').toUpperCase();
        return {
          status: 200,
          body: toResource(certificates.save({ ...stored, verificationCode, updated: now() }), true),
        };
      },
    },
    {
      name: 'verifyCertificate',
      route: routes.arm.verifyCertificate,
      subject,
      async handle(request) {
        const body = certificateBody.safeParse(request.body);
        if (!body.success)
          throw new ArmError('badRequest', 'The body must have the field certificate, a string.');
        const stored = findToChange(request);
        await assertProof(readCertificate(body.data.certificate), stored, now());
        // Meanwhile someone else may have changed it.
        assertEtag(stored.etag, find(request));
        const saved = certificates.save({
          ...stored,
          verified: true,
          verificationCode: undefined,
          updated: now(),
        });
        return { status: 200, body: toResource(saved) };
      },
    },
  ];
}

/** The body is flat up to an api-version, and nested under `properties` after it. */
function parseBody({ body, apiVersion }: OperationRequest): z.infer<typeof certificateBody> {
  const flat = apiVersion.slice(0, lastFlatCertificateBody.length) <= lastFlatCertificateBody;
  const parsed = certificateBody.safeParse(
    flat ? body : (body as { properties?: unknown } | undefined)?.properties,
  );
  if (!parsed.success) {
    const place = flat ? 'certificate' : 'properties.certificate';
    throw new ArmError(
      'badRequest',
      `With api-version ${apiVersion} the body must have the field ${place}, a base64 string.`,
    );
  }
  return parsed.data;
}

function readCertificate(text: string): Certificate {
  try {
    return certificateFromText(text);
  } catch (error) {
    throw new ArmError('badRequest', `The certificate cannot be read: ${(error as Error).message}`);
  }
}

function assertEtag(ifMatch: string, stored: StoredCertificate): void {
  if (!etagMatches(ifMatch, stored.etag)) throw new ArmError('preconditionFailed', 'Invalid ETag supplied');
}

/** The answer to the challenge: a certificate named by the code, signed directly by the CA in question. */
async function assertProof(proof: Certificate, stored: StoredCertificate, at: Date): Promise<void> {
  if (stored.verificationCode === undefined) {
    throw new ArmError('badRequest', 'No verification code was generated for this certificate.');
  }
  if (inspectCertificate(proof).commonName !== stored.verificationCode) {
    throw new ArmError(
      'badRequest',
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
  if (!verdict.valid) {
    const why = verdict.failures.map(({ message }) => message).join(' ');
    throw new ArmError(
      'badRequest',
      `The certificate to verify did not sign the verification certificate. ${why}`,
    );
  }
}
