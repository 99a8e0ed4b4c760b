/** Whether a CA may issue every device of a fleet: name constraints can exclude a single one. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { children, readOnly } from '../../pki/der/read.js';
import { objectIdentifier, sequence, setOfOne, utf8String } from '../../pki/der/write.js';
import { encodeGeneralNames } from '../../pki/make/alternative-names.js';
import { namesProblem } from '../../pki/make/holds.js';
import { generalNameOf } from '../../pki/x509/general-name.js';
import { nameOf } from '../../pki/x509/name.js';
import type { DeviceRequest, SubjectPrefix } from '../devices/device.js';
import { subjectPrefix } from './certificate-template.js';
import type { FleetRequest } from './request.js';

/** Shown at once. */
const maxProblems = 5;
const commonNameType = objectIdentifier('2.5.4.3');

/**
 * Compares the subject and the alternative names of each device with the name constraints of the CA and of the CAs above
 * it (RFC 5280 section 4.2.1.10). Without name constraints, the devices are not read.
 *
 * @throws EnrollkitError ISSUER_NOT_ALLOWED, naming the first devices that the CA must not issue
 */
export async function assertNamesAllowed({ source, range, ca, subject }: FleetRequest): Promise<void> {
  const problemOf = namesProblem(ca.parsed, ca.chainPem);
  if (!problemOf) return;
  const usual = subjectPrefix(subject);
  const problems: string[] = [];
  for await (const device of source.devices(range)) {
    const problem = problemOf(namesOf(device, usual));
    if (problem === undefined) continue;
    if (problems.length === maxProblems) {
      problems.push(sentences.fleet.moreNames);
      break;
    }
    problems.push(sentences.fleet.deviceName(device.registrationId, problem));
  }
  if (problems.length === 0) return;
  throw new EnrollkitError('ISSUER_NOT_ALLOWED', problems.join('\n'), {
    next: sentences.fleet.correctNames,
  });
}

function namesOf(
  { registrationId, subjectPrefix: own, alternativeNames }: DeviceRequest,
  usual: SubjectPrefix,
) {
  const commonName = setOfOne(sequence(commonNameType, utf8String(registrationId)));
  return {
    subject: nameOf(readOnly(sequence((own ?? usual).der, commonName))),
    subjectAlternativeNames: children(readOnly(encodeGeneralNames(alternativeNames ?? {}))).map(
      generalNameOf,
    ),
  };
}
