/** TLS alerts, by number. Sources: RFC 8446 section 6, RFC 5246 section 7.2, and the IANA registry of TLS alerts. */
import { causes, type Explanation } from './explanation.js';

export interface TlsAlert extends Explanation {
  /** As in the RFCs. */
  name: string;
}

const notTheTls = 'something between the two, such as a proxy, changes or reads the connection';
const defect = (what: string): Pick<Explanation, 'causes' | 'next'> => ({
  causes: causes(
    [
      `a defect of one of the two TLS libraries: ${what}`,
      'try another client: openssl s_client -connect HOST:PORT',
    ],
    [notTheTls, 'enrollkit doctor looks for TLS interception'],
  ),
  next: 'Update the TLS library of the device, and try from another network.',
});
const deviceCertificate = (cause: string, check: string): Pick<Explanation, 'causes' | 'next'> => ({
  causes: causes(
    [`sent by a server: ${cause}`, check],
    [
      'sent by a device: the same about the server’s certificate',
      'the log of the emulator, or of the device, says who sent it',
    ],
  ),
  next: 'Check both certificates: enrollkit cert inspect FILE, and enrollkit doctor for the server’s.',
});
const oldSecurity: Pick<Explanation, 'causes' | 'next'> = {
  causes: causes(
    [
      'only old cipher suites, curves or signature algorithms on one side',
      'openssl s_client -connect HOST:PORT shows what is negotiated',
    ],
    ['an RSA or EC key that the other side does not take', 'enrollkit cert lint FILE'],
  ),
  next: 'Enable TLS 1.2 with an ECDHE suite on the device; DPS takes TLS 1.2.',
};

export const tlsAlerts: Readonly<Record<number, TlsAlert>> = {
  0: {
    name: 'close_notify',
    meaning: 'The other side has closed the connection in an orderly way.',
    causes: causes(
      ['the server ended an idle or refused connection', 'what the client sent before it'],
      ['the other side was stopped', 'enrollkit emulator status'],
    ),
    next: 'Connect again; if it repeats, read the log of the other side.',
  },
  10: {
    name: 'unexpected_message',
    meaning: 'A message came that does not belong at this point of the handshake.',
    ...defect('messages in a wrong order'),
  },
  20: {
    name: 'bad_record_mac',
    meaning: 'A record was changed on its way, or encrypted with another key.',
    ...defect('wrong keys'),
  },
  21: {
    name: 'decryption_failed',
    meaning: 'A record could not be decrypted (no longer used).',
    ...defect('wrong keys'),
  },
  22: {
    name: 'record_overflow',
    meaning: 'A record is longer than TLS allows.',
    ...defect('a record that is too long'),
  },
  30: {
    name: 'decompression_failure',
    meaning: 'A record could not be decompressed (no longer used).',
    ...defect('compression, which TLS has no more'),
  },
  40: {
    name: 'handshake_failure',
    meaning: 'The two sides have no acceptable set of parameters in common.',
    ...oldSecurity,
  },
  41: {
    name: 'no_certificate',
    meaning: 'The client has no certificate (SSL 3.0 only).',
    causes: causes(['a client with a very old TLS library', 'its version of SSL or TLS']),
    next: 'Use TLS 1.2 or later.',
  },
  42: {
    name: 'bad_certificate',
    meaning: 'A certificate is corrupt, or its signature is wrong.',
    ...deviceCertificate(
      'a certificate of the device’s chain is damaged or signed with another key',
      'enrollkit cert verify chain.pem',
    ),
  },
  43: {
    name: 'unsupported_certificate',
    meaning: 'A certificate is of a kind that is not accepted.',
    ...deviceCertificate(
      'the device’s certificate has a key that DPS does not take, or is not for client authentication',
      'enrollkit cert lint chain.pem',
    ),
  },
  44: {
    name: 'certificate_revoked',
    meaning: 'A certificate was revoked.',
    ...deviceCertificate(
      'the issuer has revoked the certificate',
      'ask the owner of the CA; DPS itself reads no revocation lists',
    ),
  },
  45: {
    name: 'certificate_expired',
    meaning: 'A certificate has expired or is not valid yet.',
    causes: causes(
      ['a certificate that has expired', 'enrollkit cert inspect FILE shows the dates'],
      [
        'a wrong clock on the side that sent the alert',
        'compare it with the real time; devices without a clock begin in 1970',
      ],
    ),
    next: 'Renew the certificate, or set the clock.',
  },
  46: {
    name: 'certificate_unknown',
    meaning: 'A certificate is not accepted for a reason that is not told.',
    ...deviceCertificate('any problem of the device’s chain', 'enrollkit cert verify chain.pem'),
  },
  47: {
    name: 'illegal_parameter',
    meaning: 'A field of the handshake has a value that is not allowed.',
    ...defect('a wrong value'),
  },
  48: {
    name: 'unknown_ca',
    meaning: 'The issuer of a certificate is not known or not trusted.',
    causes: causes(
      [
        'sent by a device: it does not trust the root of the server’s certificate',
        'Azure needs DigiCert Global Root G2 and Microsoft RSA Root Certificate Authority 2017; the emulator its own root: enrollkit emulator env',
      ],
      [
        'a proxy inspects TLS, and its root is not trusted',
        'enrollkit doctor shows who issued the certificate that arrives here',
      ],
      ['sent by a server: it does not know the CA of the client’s certificate', 'enrollkit ca list'],
    ),
    next: 'Give the device the root of the server’s certificate.',
  },
  49: {
    name: 'access_denied',
    meaning: 'The certificate is valid, but its owner may not connect.',
    causes: causes(
      ['the device is disabled, or has no enrollment', 'enrollkit doctor'],
      ['a firewall or gateway that admits some certificates only', 'try from another network'],
    ),
    next: 'Check the enrollment of the device: enrollkit doctor',
  },
  50: {
    name: 'decode_error',
    meaning: 'A message of the handshake cannot be read.',
    ...defect('a malformed message'),
  },
  51: {
    name: 'decrypt_error',
    meaning: 'A signature of the handshake is wrong.',
    causes: causes(
      ['the private key is not that of the certificate', 'enrollkit doctor compares the two'],
      ['a defect of a TLS library or secure element', 'try the same certificate with openssl s_client'],
    ),
    next: 'Give the device the private key that belongs to its certificate.',
  },
  60: {
    name: 'export_restriction',
    meaning: 'Export restrictions were violated (no longer used).',
    ...defect('export cipher suites, which TLS has no more'),
  },
  70: {
    name: 'protocol_version',
    meaning: 'The two sides have no version of TLS in common.',
    causes: causes(
      [
        'the device speaks TLS 1.0 or 1.1 only, which Azure refuses',
        'openssl s_client -connect HOST:PORT -tls1_2 works from a computer',
      ],
      ['a fault of the emulator that fixes the version', 'enrollkit emulator faults list'],
    ),
    next: 'Enable TLS 1.2 on the device.',
  },
  71: {
    name: 'insufficient_security',
    meaning: 'The server wants stronger cipher suites than the client offers.',
    ...oldSecurity,
  },
  80: {
    name: 'internal_error',
    meaning: 'The other side failed for a reason of its own.',
    causes: causes(['a failure of the server, such as too little memory', 'read the log of the other side']),
    next: 'Try again later.',
  },
  86: {
    name: 'inappropriate_fallback',
    meaning: 'The client fell back to an older version of TLS although both sides speak a newer one.',
    ...defect('a needless fallback'),
  },
  90: {
    name: 'user_canceled',
    meaning: 'The other side has cancelled the handshake.',
    causes: causes(['a person or program stopped the other side', 'read the log of the other side']),
    next: 'Connect again.',
  },
  100: {
    name: 'no_renegotiation',
    meaning: 'The other side refuses to negotiate again.',
    causes: causes([
      'a client that renegotiates, which TLS 1.3 and Azure do not offer',
      'the options of the TLS library',
    ]),
    next: 'Switch renegotiation off in the device.',
  },
  109: {
    name: 'missing_extension',
    meaning: 'The handshake lacks an extension that it needs.',
    ...defect('a missing extension'),
  },
  110: {
    name: 'unsupported_extension',
    meaning: 'The handshake has an extension that was not asked for.',
    ...defect('an extension that was not offered'),
  },
  111: {
    name: 'certificate_unobtainable',
    meaning: 'A certificate could not be fetched from the URL in the handshake (no longer used).',
    ...defect('certificate URLs, which Azure does not take'),
  },
  112: {
    name: 'unrecognized_name',
    meaning: 'The server does not know the host name that the client asked for (SNI).',
    causes: causes(
      ['a mistyped host name', 'compare it with the overview page of the DPS or hub'],
      ['a client that sends no server name', 'DPS and IoT Hub need SNI'],
    ),
    next: 'Dial the host by its name, and let the TLS library send it.',
  },
  113: {
    name: 'bad_certificate_status_response',
    meaning: 'The server’s proof that its certificate is not revoked (OCSP) is not valid.',
    ...defect('a wrong OCSP response'),
  },
  114: {
    name: 'bad_certificate_hash_value',
    meaning: 'A certificate fetched by its URL has another hash (no longer used).',
    ...defect('certificate URLs, which Azure does not take'),
  },
  115: {
    name: 'unknown_psk_identity',
    meaning: 'The server does not know the pre-shared key.',
    causes: causes([
      'a device that is set up for pre-shared keys',
      'DPS takes certificates, not TLS pre-shared keys',
    ]),
    next: 'Set the device up with its certificate and key.',
  },
  116: {
    name: 'certificate_required',
    meaning: 'The server needs a client certificate, and none was sent.',
    causes: causes(
      ['the device’s TLS configuration has no certificate or key', 'both must be given to the TLS library'],
      [
        'a proxy that ends TLS, so that the certificate never reaches the server',
        'enrollkit doctor looks for TLS interception',
      ],
    ),
    next: 'Configure the certificate chain and the private key of the device.',
  },
  120: {
    name: 'no_application_protocol',
    meaning: 'The two sides have no application protocol in common (ALPN).',
    causes: causes(
      [
        'a client that asks for HTTP/2 or MQTT by ALPN at a port that does not offer it',
        'the ALPN setting of the client',
      ],
      ['a proxy in between', 'enrollkit doctor looks for TLS interception'],
    ),
    next: 'Leave ALPN out of the client’s settings.',
  },
};
