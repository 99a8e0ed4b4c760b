/** What to say of a certificate that was just made. */
import { sentences } from '../../languages/language.js';
import { lintAlgorithms } from '../../pki/lint/use-rules.js';
import type { Role } from '../../pki/make/profile.js';
import type { Certificate } from '../../pki/x509/certificate.js';
import type { Context } from '../kernel/command.js';

/** Says if DPS takes no such key or signature, of a device or of a CA that signs devices. */
export function noteIfNotForDps(certificate: Certificate, role: Role, { output }: Context): void {
  if (role === 'server' || role === 'verification') return;
  for (const { message } of lintAlgorithms(certificate))
    output.note('cert.not-for-dps', sentences.cliInput.notForDps(message));
}

/** Says if the certificate ends with its issuer, before the days that were asked for. */
export function noteIfShortened(
  { notAfter }: Certificate,
  issuer: Certificate | undefined,
  { output }: Context,
): void {
  if (issuer && notAfter.getTime() === issuer.notAfter.getTime()) {
    output.note('cert.ends-with-issuer', sentences.cliInput.endsWithIssuer(notAfter.toISOString()));
  }
}
