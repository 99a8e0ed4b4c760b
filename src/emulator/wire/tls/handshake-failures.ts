/**
 * Why the TLS handshake with a client failed, in words. A device says no more than that it cannot connect, so it is the log
 * that tells its owner that the device lacks the root, say.
 */
import type { Server } from 'node:tls';
import type { Report } from '../events.js';

/** By OpenSSL's reason, as Node.js puts it into the code of an error; its versions word them differently. */
const reasons: [code: RegExp, reason: string][] = [
  [
    /ALERT_UNKNOWN_CA$/,
    "the client does not trust the emulator's TLS root: give it the file tls-root.pem (emulator env names it)",
  ],
  [
    /ALERT_(BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED|UNSUPPORTED_CERTIFICATE)$/,
    "the client refused the emulator's certificate: it lacks the TLS root tls-root.pem, has another one, dialled a name that is not in the certificate, or its clock is wrong",
  ],
  [
    /NO_SHARED_CIPHER$/,
    "the client takes no cipher suite for the key of the emulator's certificate, EC P-256 unless told otherwise: try --server-key rsa-2048",
  ],
  [/UNSUPPORTED_PROTOCOL$/, 'the client speaks a version of TLS before 1.2'],
  [/HTTP_REQUEST$/, 'the client speaks HTTP without TLS: https:// is meant'],
];

/** Reports each handshake that failed for a reason that the owner of the client can fix. */
export function reportHandshakes(server: Server, report: Report): void {
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    const known = reasons.find(([code]) => code.test(error.code ?? ''));
    if (known) report({ operation: 'handshake', status: 400, reason: known[1] });
  });
}
