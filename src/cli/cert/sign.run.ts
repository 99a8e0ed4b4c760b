/** Signs a certificate request. */
import { assertDeviceOrModule } from '../../dps/contract/ids.js';
import { sentences } from '../../languages/language.js';
import { issue } from '../../pki/make/issue.js';
import { parseCertificate } from '../../pki/x509/certificate.js';
import { generalNameText } from '../../pki/x509/general-name.js';
import { noteIfNotForDps, noteIfShortened } from '../input/certificate-notes.js';
import { withPassphrase } from '../input/passphrase.js';
import { noteIfShallow, profileFor } from '../input/profile.js';
import { naming } from '../input/read-file.js';
import { assertStrongKey, onlyCommonName, readRequest } from '../input/request-file.js';
import { issuerOf, noteFailures, signedBy, signingCa, signingTime } from '../input/signing-ca.js';
import type { RunOf } from '../kernel/command.js';
import { assertOutFree, emitCertificate } from './emit.js';
import type { certSign } from './sign.js';

/** @throws EnrollkitError INVALID_CERTIFICATE_REQUEST, and those of the CA, the profile and the files */
export const run: RunOf<typeof certSign> = async ({ args, flags }, context) => {
  const { request: path } = args;
  const { role = 'device' } = flags;
  const request = readRequest(path);
  const profile = profileFor(role, flags);
  naming(path, () => {
    assertStrongKey(request);
    if (role === 'device') assertDeviceOrModule(onlyCommonName(request));
  });
  assertOutFree(flags);
  const ca = await withPassphrase(flags, context, (opening) =>
    signingCa(flags, opening, role === 'intermediate' ? 'root' : 'intermediate'),
  );
  const at = await signingTime(ca, context);
  const issued = await signedBy(
    ca,
    () =>
      issue({
        profile,
        subject: request.subject,
        publicKey: request.publicKey,
        issuer: issuerOf(ca),
        at,
        force: flags.force === true,
        ...(flags.days === undefined ? {} : { validityDays: flags.days }),
        subjectAlternativeNames: request.subjectAlternativeNames,
      }),
    path,
  );
  const { pem } = issued;
  emitCertificate(pem, pem + ca.chainPem, flags, context);
  const made = parseCertificate(pem);
  noteFailures(issued, context);
  noteIfNotForDps(made, role, context);
  const leftOut = request.otherAlternativeNames.map(generalNameText);
  if (leftOut.length > 0)
    context.output.note('cert.sign.names-left-out', sentences.cliCert.sign.leftOut(leftOut));
  noteIfShortened(made, ca.certificate, context);
  noteIfShallow(made, flags, context);
};
