/** Rules for subject alternative names (RFC 5280 section 4.2.1.6). */
import { dnsNameProblem, mailboxProblem, uriProblem } from '../make/alternative-name-shape.js';
import { shortened } from '../path/failure.js';
import { type GeneralName, generalNameText } from '../x509/general-name.js';

/** What is wrong with a name, as part of a sentence that begins with the name; undefined if it is legal. */
export function alternativeNameProblem(name: GeneralName): string | undefined {
  const why = problem(name);
  return why === undefined ? undefined : `${shortened(generalNameText(name))}: ${why}`;
}

function problem(name: GeneralName): string | undefined {
  switch (name.kind) {
    case 'dNSName':
      return dnsNameProblem(name.value);
    case 'rfc822Name':
      return mailboxProblem(name.value);
    case 'uniformResourceIdentifier':
      return uriProblem(name.value);
    case 'iPAddress': {
      const { length } = name.value;
      return length === 4 || length === 16 ? undefined : `an address has 4 or 16 octets, not ${length}`;
    }
    case 'directoryName':
      return name.value.isEmpty ? 'it is empty' : undefined;
    default:
      return undefined;
  }
}
