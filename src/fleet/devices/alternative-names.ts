/** Subject alternative names (RFC 5280 section 4.2.1.6), checked and encoded without a library, for speed. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { implicitPrimitive, objectIdentifier, octetString, sequence } from '../../pki/der/write.js';
import {
  addressProblem,
  dnsNameProblem,
  mailboxProblem,
  uriProblem,
} from '../../pki/make/alternative-name-shape.js';
import { extensionTypes } from '../../pki/x509/extensions.js';
import { addressOctets } from '../../pki/x509/general-name.js';
import { visible } from '../../pki/x509/name.js';

/** The kinds that a device can have, in the order of `issue()`. */
export const alternativeNameKinds = ['dns', 'ip', 'uri', 'email'] as const;
export type AlternativeNameKind = (typeof alternativeNameKinds)[number];
export type AlternativeNames = { readonly [Kind in AlternativeNameKind]?: readonly string[] | undefined };

const kinds = {
  dns: { tag: 2, label: 'DNS', problem: dnsNameProblem },
  ip: { tag: 7, label: 'IP', problem: addressProblem },
  uri: { tag: 6, label: 'URI', problem: uriProblem },
  email: { tag: 1, label: 'e-mail', problem: mailboxProblem },
} as const;

/** A sentence about the first name that is not valid; undefined when all are. */
export function alternativeNamesProblem(names: AlternativeNames): string | undefined {
  for (const kind of alternativeNameKinds) {
    for (const value of names[kind] ?? []) {
      const why = kinds[kind].problem(value);
      if (why !== undefined) {
        return sentences.fleet.invalidAlternativeName(kinds[kind].label, visible(value.slice(0, 80)), why);
      }
    }
  }
  return undefined;
}

/**
 * The extension, not critical; undefined when there are no names.
 *
 * @throws EnrollkitError INVALID_ALTERNATIVE_NAME
 */
export function encodeAlternativeNames(names: AlternativeNames): Uint8Array | undefined {
  if (!alternativeNameKinds.some((kind) => names[kind]?.length)) return undefined;
  return sequence(
    objectIdentifier(extensionTypes.subjectAlternativeName),
    octetString(encodeGeneralNames(names)),
  );
}

/** The names as GeneralNames. @throws EnrollkitError INVALID_ALTERNATIVE_NAME */
export function encodeGeneralNames(names: AlternativeNames): Buffer {
  const problem = alternativeNamesProblem(names);
  if (problem) throw new EnrollkitError('INVALID_ALTERNATIVE_NAME', problem);
  const all = alternativeNameKinds.flatMap((kind) =>
    (names[kind] ?? []).map((value) =>
      implicitPrimitive(kinds[kind].tag, kind === 'ip' ? addressOctets(value) : Buffer.from(value, 'ascii')),
    ),
  );
  return sequence(...all);
}
