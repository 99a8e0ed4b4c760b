/** Certificate requests of devices that keep their private keys. */

import { sameId } from '../dps/contract/ids.js';
import { EnrollkitError } from '../errors.js';
import { sentences } from '../languages/language.js';
import { type CertificateRequest, parseCertificateRequest } from '../pki/x509/csr.js';
import { commonNameType } from '../pki/x509/name.js';
import { publicKeyProblem } from '../pki/x509/public-key.js';
import { readTextIfExists } from '../workspace/files.js';
import { assertNoLinkBelow } from '../workspace/symbolic-links.js';
import type { RunContext } from './step.js';

export interface DeviceRequest extends CertificateRequest {
  pem: string;
  /** Whether it is in the certificate folder already. */
  isStored: boolean;
}

/**
 * The registration ID that a request is for: its only common name.
 *
 * @throws EnrollkitError INVALID_CERTIFICATE_REQUEST for one without a usable name or key
 */
export function registrationIdOf({ subject, publicKeyInfo }: CertificateRequest): string {
  const [name = '', ...more] = subject.valuesOf(commonNameType);
  // Of two, each reader would take another one for the device's identity.
  if (name === '' || more.length > 0) {
    throw invalid(sentences.cliInput.request.commonNames(more.length + (name === '' ? 0 : 1), subject.text));
  }
  const why = publicKeyProblem(publicKeyInfo);
  if (why !== undefined) throw invalid(why, sentences.cliInput.request.strongerKey);
  return name;
}

function invalid(message: string, next: string = sentences.cliInput.request.oneName): EnrollkitError {
  return new EnrollkitError('INVALID_CERTIFICATE_REQUEST', message, { next });
}

/**
 * The request of a device: the one that was given, or the one in the certificate folder.
 *
 * @throws EnrollkitError FILE_UNREADABLE without one; INVALID_CERTIFICATE_REQUEST, also for that of another device;
 *   FILE_EXISTS when the folder has another one; FILE_UNWRITABLE behind a symbolic link
 */
export function requestOf(
  { layout, requests }: Pick<RunContext, 'layout' | 'requests'>,
  registrationId: string,
): DeviceRequest {
  const path = layout.device(registrationId).request;
  assertNoLinkBelow(layout.folder, path);
  const stored = readTextIfExists(path);
  const given = [...requests].find(([id]) => sameId(id, registrationId))?.[1];
  const pem = stored ?? given;
  if (pem === undefined) {
    throw new EnrollkitError('FILE_UNREADABLE', sentences.quickstart.noRequest(registrationId, path), {
      next: sentences.quickstart.giveRequest,
    });
  }
  const request = parsed(pem, path);
  const name = registrationIdOf(request);
  if (!sameId(name, registrationId)) {
    throw invalid(
      sentences.quickstart.requestOfOther(path, name, registrationId),
      sentences.quickstart.giveRequest,
    );
  }
  if (stored !== undefined && given !== undefined && !parsed(given, path).der.equals(request.der)) {
    throw new EnrollkitError('FILE_EXISTS', sentences.quickstart.otherRequest(path), {
      next: sentences.quickstart.moveRequest(path),
      context: { file: path },
    });
  }
  return { ...request, pem, isStored: stored !== undefined };
}

function parsed(pem: string, path: string): CertificateRequest {
  try {
    return parseCertificateRequest(pem);
  } catch (error) {
    if (!(error instanceof EnrollkitError)) throw error;
    throw invalid(`${path}: ${error.message}`, error.next ?? sentences.quickstart.giveRequest);
  }
}
