/** Reads certificate requests (PKCS#10, RFC 2986). */

import type { KeyObject } from 'node:crypto';
import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { blocksOf } from '../containers/contents.js';
import {
  bitStringOf,
  children,
  DerError,
  type Element,
  expect,
  objectIdentifierOf,
  readOnly,
  sequenceOf,
  smallIntegerOf,
  tags,
} from '../der/read.js';
import { algorithmOf } from './certificate.js';
import { extensionsOf, extensionTypes } from './extensions.js';
import { type GeneralName, generalNamesOf, generalNameText } from './general-name.js';
import { type Name, nameOf } from './name.js';
import { importPublicKey, type PublicKeyInfo, publicKeyInfoOf } from './public-key.js';
import { isSignedBy, isSupportedSignature, signatureAlgorithmName } from './signature.js';
import type { SubjectAlternativeNames } from './subject.js';

/** Far more than any request in use; limits the work per input. */
const maxRequestBytes = 1_048_576;

/** Attributes that hold the extensions asked for: PKCS#9's (RFC 2985 section 5.4.2), and Microsoft's older one. */
const extensionRequestTypes = ['1.2.840.113549.1.9.14', '1.3.6.1.4.1.311.2.1.14'];

/** A request whose signature is verified: its author has the private key. */
export interface CertificateRequest {
  subject: Name;
  publicKey: KeyObject;
  publicKeyInfo: PublicKeyInfo;
  /** The names of the kinds that `issue` supports; kinds without a name are left out. */
  subjectAlternativeNames: SubjectAlternativeNames;
  /** The names of other kinds, which `issue` does not support. */
  otherAlternativeNames: readonly GeneralName[];
  der: Buffer;
}

/**
 * Reads one certificate request, PEM (other blocks are ignored) or DER, and verifies its signature.
 *
 * @throws EnrollkitError INVALID_CERTIFICATE_REQUEST, saying what is wrong
 */
export function parseCertificateRequest(input: string | Uint8Array): CertificateRequest {
  const [block, ...more] = blocksOf(input, {
    label: /^(NEW )?CERTIFICATE REQUEST$/,
    block: 'CERTIFICATE REQUEST',
    kinds: ['certificate request'],
    what: 'certificate request',
    invalid,
  });
  if (more.length > 0) {
    throw invalid(sentences.pkiX509.severalRequests(more.length + 1));
  }
  const { der } = block!;
  if (der.length > maxRequestBytes) {
    throw invalid(sentences.pkiX509.requestSize(der.length, maxRequestBytes));
  }
  try {
    return readRequest(der);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw invalid(sentences.pkiX509.notARequest(error.message));
  }
}

/** @throws DerError; EnrollkitError when it is well-formed but its own key did not sign it */
function readRequest(der: Buffer): CertificateRequest {
  const [information, algorithm, signature, ...rest] = sequenceOf(readOnly(der));
  if (rest.length > 0) throw new DerError(sentences.pkiX509.moreThanThreeParts);
  const signatureAlgorithm = algorithmOf(algorithm);
  const { bytes, unusedBits } = bitStringOf(signature);
  if (unusedBits !== 0) throw new DerError(sentences.pkiX509.signatureOctets);

  const [version, subject, publicKey, attributes, ...others] = sequenceOf(information);
  if (smallIntegerOf(version) !== 0) throw new DerError(sentences.pkiX509.versionNotOne);
  if (others.length > 0) throw new DerError(sentences.pkiX509.afterLastField);
  const name = nameOf(subject);
  const publicKeyInfo = publicKeyInfoOf(publicKey);
  const names = alternativeNames(attributes);

  const subjectText = name.isEmpty ? '' : name.text.slice(0, 160);
  if (!isSupportedSignature({ signatureAlgorithm })) {
    const algorithmName = signatureAlgorithmName(signatureAlgorithm);
    throw invalid(sentences.pkiX509.requestWeak(subjectText, algorithmName));
  }
  if (publicKeyInfo.family === 'other') {
    throw invalid(sentences.pkiX509.requestKeyUnknown(publicKeyInfo.name, subjectText));
  }
  let key: KeyObject;
  try {
    key = importPublicKey(publicKeyInfo);
  } catch {
    throw invalid(sentences.pkiX509.requestKeyUnusable(publicKeyInfo.name, subjectText));
  }
  const signed = { toBeSigned: information!.raw, signatureAlgorithm, signature: bytes };
  if (!isSignedBy(signed, { publicKeyInfo, publicKey: key })) {
    throw invalid(sentences.pkiX509.requestForged(subjectText));
  }
  return { subject: name, publicKey: key, publicKeyInfo, ...groupByKind(names), der };
}

/** The alternative names among the requested extensions. @throws DerError */
function alternativeNames(attributes: Element | undefined): GeneralName[] {
  if (!attributes) return [];
  const requests = children(expect(attributes, 0xa0)).flatMap((attribute) => {
    const [type, values, ...rest] = sequenceOf(attribute);
    const isExtensionRequest = extensionRequestTypes.includes(objectIdentifierOf(type));
    const attributeValues = children(expect(values, tags.set));
    if (rest.length > 0) throw new DerError(sentences.pkiX509.attributeShape);
    return isExtensionRequest ? attributeValues : [];
  });
  if (requests.length > 1) throw new DerError(sentences.pkiX509.extensionsTwice);
  // Some tools write an empty list.
  if (requests.length === 0 || sequenceOf(requests[0]).length === 0) return [];
  const extension = extensionsOf(requests[0]).get(extensionTypes.subjectAlternativeName);
  return extension ? generalNamesOf(extension.value) : [];
}

function groupByKind(
  names: readonly GeneralName[],
): Pick<CertificateRequest, 'subjectAlternativeNames' | 'otherAlternativeNames'> {
  const subjectAlternativeNames: SubjectAlternativeNames = {};
  const otherAlternativeNames: GeneralName[] = [];
  const add = (kind: keyof SubjectAlternativeNames, value: string) => {
    subjectAlternativeNames[kind] = [...(subjectAlternativeNames[kind] ?? []), value];
  };
  for (const name of names) {
    if (name.kind === 'dNSName') add('dns', name.value);
    else if (name.kind === 'uniformResourceIdentifier') add('uri', name.value);
    else if (name.kind === 'rfc822Name') add('email', name.value);
    else if (name.kind === 'iPAddress' && (name.value.length === 4 || name.value.length === 16)) {
      add('ip', generalNameText(name).replace(/^IP Address:/, ''));
    } else otherAlternativeNames.push(name);
  }
  return { subjectAlternativeNames, otherAlternativeNames };
}

function invalid(message: string, next?: string): EnrollkitError {
  return new EnrollkitError('INVALID_CERTIFICATE_REQUEST', message, next === undefined ? {} : { next });
}
