/**
 * Why a client and the emulator did not come to terms about TLS, in words. A device says nothing more than that it cannot
 * connect, so the log is where its owner learns that it lacks the root, say.
 */
import type { Server } from 'node:tls';

/** What tells of a failed handshake; `reason` is a sentence's end. */
export type HandshakeFailed = (reason: string) => void;

/** By OpenSSL's reason, as Node.js puts it into the code of an error; its versions word them in different ways. */
const reasons: [RegExp, string][] = [
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

/** Calls back for each handshake that failed for a reason that the client's owner can mend. */
export function tellHandshakes<Kind extends Server>(server: Kind, failed: HandshakeFailed | undefined): Kind {
  server.on('tlsClientError', (error: NodeJS.ErrnoException) => {
    const known = reasons.find(([code]) => code.test(error.code ?? ''));
    if (known) failed?.(known[1]);
  });
  return server;
}
