/** The names of a certificate or a request, from flags. */
import type { Subject, SubjectAlternativeNames } from '../../pki/make/issue.js';
import type { FlagValues } from '../kernel/flags.js';
import type { alternativeNameFlags, subjectFlags } from './certificate-flags.js';

export function subjectFrom(
  commonName: string,
  { organization, organizationalUnit, locality, state, country }: FlagValues<typeof subjectFlags>,
): Subject {
  return { commonName, organization, organizationalUnit, locality, stateOrProvince: state, country };
}

export function alternativeNamesFrom({
  dns,
  ip,
  uri,
  email,
}: FlagValues<typeof alternativeNameFlags>): SubjectAlternativeNames {
  return { dns, ip, uri, email };
}
