/** Subject alternative names (RFC 5280 section 4.2.1.6), checked and encoded. */

import { EnrollkitError } from '../../errors.js';
import { sentences } from '../../languages/language.js';
import { implicitPrimitive, sequence } from '../der/write.js';
import { type Extension, extensionTypes } from '../x509/extensions.js';
import { addressOctets } from '../x509/general-name.js';
import { visible } from '../x509/name.js';
import { addressProblem, dnsNameProblem, mailboxProblem, uriProblem } from './alternative-name-shape.js';
import { encodeExtension } from './extensions.js';

/** The kinds that a certificate can have, in their order. */
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
        return sentences.pkiMake.alternativeNameInvalid(kinds[kind].label, visible(value.slice(0, 80)), why);
      }
    }
  }
  return undefined;
}

/**
 * The extension; undefined when there are no names.
 *
 * @param critical required when the subject is empty
 * @throws EnrollkitError INVALID_ALTERNATIVE_NAME
 */
export function alternativeNameExtension(
  names: AlternativeNames = {},
  critical = false,
): Extension | undefined {
  if (!alternativeNameKinds.some((kind) => names[kind]?.length)) return undefined;
  return { type: extensionTypes.subjectAlternativeName, critical, value: encodeGeneralNames(names) };
}

/** The same in DER, not critical. @throws EnrollkitError INVALID_ALTERNATIVE_NAME */
export function encodeAlternativeNames(names: AlternativeNames): Buffer | undefined {
  const extension = alternativeNameExtension(names);
  return extension && encodeExtension(extension);
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
