/**
 * Codes of connections: of Node.js and OpenSSL, CONNACK return codes of MQTT, conditions of AMQP. Sources: Node.js
 * documentation, "Errors"; MQTT 3.1.1 section 3.2.2.3; AMQP 1.0 section 2.8.15; Microsoft Learn, "IoT Hub AMQP".
 */
import { causes, type Explanation } from './explanation.js';

const notTrusted = (meaning: string): Explanation => ({
  meaning,
  causes: causes(
    [
      'a proxy inspects TLS, and its root is not trusted here',
      'enrollkit doctor shows who issued the certificate that arrives',
    ],
    ['the emulator’s root is missing', 'enrollkit emulator env prints the file to trust'],
    [
      'the trusted roots of this computer are outdated',
      'enrollkit doctor looks for the roots that Azure needs',
    ],
  ),
  next: 'Set NODE_EXTRA_CA_CERTS to the missing root certificate.',
});
const cut: Explanation = {
  meaning: 'The connection was cut.',
  causes: causes(
    ['the server, or a firewall in between, closed it', 'try from another network'],
    [
      'the emulator was stopped, or has a fault set',
      'enrollkit emulator status, enrollkit emulator faults list',
    ],
  ),
  next: 'Run the same command again.',
};
const noRoute: Explanation = {
  meaning: 'There is no route to the host.',
  causes: causes(
    ['this computer is offline, or a VPN is off', 'ping another host'],
    ['a firewall drops it', 'try from another network'],
  ),
  next: 'Check the network.',
};

export const connectionCodes: Readonly<Record<string, Explanation>> = {
  ENOTFOUND: {
    meaning: 'No host with that name was found.',
    causes: causes(
      ['a mistyped name, or a deleted service', 'nslookup HOST'],
      ['this computer is offline, or has no DNS', 'nslookup of another host'],
    ),
    next: 'Check the name and the network.',
  },
  EAI_AGAIN: {
    meaning: 'The name of the host could not be looked up now.',
    causes: causes(
      ['the DNS server does not answer', 'nslookup HOST'],
      ['this computer is offline', 'ping another host'],
    ),
    next: 'Check the network, then run the same command again.',
  },
  ECONNREFUSED: {
    meaning: 'Nothing listens at that port, or a firewall refuses the connection.',
    causes: causes(
      ['the emulator is not running', 'enrollkit emulator status'],
      ['a wrong port', 'compare it with enrollkit emulator status'],
      ['a firewall keeps port 8883 or 5671 shut', 'try --protocol https'],
    ),
    next: 'Start the emulator, or check host and port.',
  },
  ECONNRESET: cut,
  EPIPE: cut,
  ETIMEDOUT: {
    meaning: 'The host did not answer in time.',
    causes: causes(
      ['a firewall drops the packets; 8883 and 5671 are often shut', 'try --protocol https'],
      ['a proxy is needed', 'HTTPS_PROXY; MQTT and AMQP do not use it'],
    ),
    next: 'Check the firewall, or register over HTTPS: --protocol https',
  },
  EHOSTUNREACH: noRoute,
  ENETUNREACH: noRoute,
  EADDRINUSE: {
    meaning: 'Another program listens at that port.',
    causes: causes(
      ['another emulator', 'enrollkit emulator status'],
      ['another program', 'ss -ltnp, or netstat -ano on Windows'],
    ),
    next: 'Stop that program, or choose another port.',
  },
  EACCES: {
    meaning: 'You are not permitted to use that file or port.',
    causes: causes(
      ['ports below 1024 need rights', 'choose a higher port'],
      ['a file of another user', 'ls -l FILE'],
    ),
    next: 'Choose another port or file, or ask for the permission.',
  },
  EPROTO: {
    meaning: 'The TLS handshake failed.',
    causes: causes(
      ['the other side does not speak TLS at this port', 'openssl s_client -connect HOST:PORT'],
      ['it refused this client with an alert', 'the message has the alert: enrollkit explain ALERT'],
    ),
    next: 'Check host and port.',
  },
  CERT_HAS_EXPIRED: {
    meaning: 'A certificate of the server has expired.',
    causes: causes(
      ['the clock of this computer is wrong', 'enrollkit doctor compares it'],
      ['the server’s certificate was not renewed', 'openssl s_client -connect HOST:PORT'],
    ),
    next: 'Set the clock; if it is right, the owner of the server must renew its certificate.',
  },
  CERT_NOT_YET_VALID: {
    meaning: 'A certificate of the server is not valid yet.',
    causes: causes(
      ['the clock of this computer is behind', 'enrollkit doctor compares it'],
      ['the server’s certificate was made with a wrong clock', 'openssl s_client -connect HOST:PORT'],
    ),
    next: 'Set the clock.',
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    meaning: 'The certificate of the server is for another name.',
    causes: causes(
      ['the host is dialled by another name or an address', 'the message lists the names of the certificate'],
      ['a proxy answers in its place', 'enrollkit doctor'],
    ),
    next: 'Dial the host by a name of its certificate.',
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: notTrusted('The server’s certificate is self-signed, and not trusted here.'),
  SELF_SIGNED_CERT_IN_CHAIN: notTrusted('The root of the server’s certificate is not trusted here.'),
  UNABLE_TO_GET_ISSUER_CERT: notTrusted('An issuer of the server’s certificate is missing.'),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: notTrusted('The issuer of the server’s certificate is not known here.'),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: notTrusted('The issuer of the server’s certificate is not known here.'),
  'connack-1': {
    meaning: 'MQTT return code 1: the server does not speak this version of MQTT.',
    causes: causes(['a client that speaks MQTT 5 or 3.1', 'DPS and IoT Hub speak MQTT 3.1.1']),
    next: 'Set the client to MQTT 3.1.1.',
  },
  'connack-2': {
    meaning: 'MQTT return code 2: the server does not accept the client ID.',
    causes: causes(['the client ID is not the registration ID or device ID', 'the settings of the client']),
    next: 'Use the registration ID (DPS) or the device ID (hub) as client ID.',
  },
  'connack-3': {
    meaning:
      'MQTT return code 3: the server is not available. DPS also answers so for an ID scope that it does not know.',
    causes: causes(
      ['a wrong ID scope in the user name', 'compare it with the overview page of your DPS'],
      ['a temporary failure', 'try again in a minute'],
    ),
    next: 'Check the ID scope, then connect again.',
  },
  'connack-4': {
    meaning: 'MQTT return code 4: the server does not accept the user name or password.',
    causes: causes(
      [
        'a user name of another form',
        '{idScope}/registrations/{registrationId}/api-version=... at DPS, {hub}/{deviceId}/?api-version=... at a hub',
      ],
      ['a token that has expired, or is for another device', 'the resource and expiry in the token'],
    ),
    next: 'Correct the user name, or make a new token.',
  },
  'connack-5': {
    meaning: 'MQTT return code 5: the server does not accept the credentials.',
    causes: causes(
      ['the hub knows another certificate of the device', 'register again: enrollkit device register ID'],
      ['the device is disabled or was deleted in the hub', 'the device’s page in the hub'],
      ['the device has sent no client certificate', 'the TLS settings of the client'],
    ),
    next: 'Register the device again, and connect with the same certificate.',
  },
  'amqp:connection:framing-error': {
    meaning: 'AMQP: a frame cannot be read.',
    causes: causes(['a client that does not speak AMQP 1.0', 'its protocol version']),
    next: 'Use an AMQP 1.0 client.',
  },
  'amqp:connection:forced': {
    meaning: 'AMQP: the server closed the connection.',
    causes: causes([
      'the service restarts, or the device connected a second time',
      'only one connection per device is open',
    ]),
    next: 'Connect again.',
  },
  'amqp:decode-error': {
    meaning: 'AMQP: a value cannot be decoded.',
    causes: causes(['a defect of the client’s AMQP library', 'try another client']),
    next: 'Update the AMQP library.',
  },
  'amqp:internal-error': {
    meaning: 'AMQP: the service failed.',
    causes: causes(['a temporary failure', 'try again in a minute']),
    next: 'Connect again.',
  },
  'amqp:invalid-field': {
    meaning: 'AMQP: a field of a frame has a value that is not allowed.',
    causes: causes(['a client that sends something unusual', 'the description names it']),
    next: 'Correct what the description names.',
  },
  'amqp:link:detach-forced': {
    meaning: 'AMQP: the service has detached a link.',
    causes: causes([
      'the device was disabled or deleted, or its token has expired',
      'the device’s page in the hub',
    ]),
    next: 'Attach again with valid credentials.',
  },
  'amqp:link:message-size-exceeded': {
    meaning: 'AMQP: the message is too large.',
    causes: causes(['a message of more than 256 KB', 'its size']),
    next: 'Send less in one message.',
  },
  'amqp:link:redirect': {
    meaning: 'AMQP: what you read is at another address, which the error names.',
    causes: causes([
      'a back end that reads telemetry with the connection string of the hub',
      'IoT Hub answers the link to /messages/events with the host and entity of its Event Hub-compatible endpoint',
    ]),
    next: 'Follow the address, or connect with the Event Hub-compatible connection string.',
  },
  'amqp:link:stolen': {
    meaning: 'AMQP: another connection has taken the link over.',
    causes: causes(['the device is connected twice', 'only one connection per device is open']),
    next: 'Connect each device once.',
  },
  'amqp:link:transfer-limit-exceeded': {
    meaning: 'AMQP: more messages were sent than the service has allowed.',
    causes: causes(['a client that ignores link credit', 'update its AMQP library']),
    next: 'Wait for credit before sending.',
  },
  'amqp:not-allowed': {
    meaning: 'AMQP: the service does not allow this.',
    causes: causes(['something that the service does not offer', 'the description names it']),
    next: 'Correct what the description names.',
  },
  'amqp:not-found': {
    meaning: 'AMQP: there is no node with this address.',
    causes: causes(
      [
        'a mistyped address of a link',
        'DPS: {idScope}/registrations/{registrationId}; hub: /devices/{deviceId}/messages/events',
      ],
      ['a device that does not exist in the hub', 'register it again'],
    ),
    next: 'Correct the address.',
  },
  'amqp:not-implemented': {
    meaning: 'AMQP: the service does not implement this.',
    causes: causes(['a feature that the emulator lacks', 'docs/emulator-support.md lists what it has']),
    next: 'Use --target azure for it.',
  },
  'amqp:precondition-failed': {
    meaning: 'AMQP: a precondition does not hold.',
    causes: causes(['a lock that has expired, or an etag that is not current', 'read it again']),
    next: 'Read it again, then repeat.',
  },
  'amqp:resource-limit-exceeded': {
    meaning: 'AMQP: a limit is reached.',
    causes: causes(['more links, sessions or messages than the service allows', 'close what is not used']),
    next: 'Wait, then try again with fewer.',
  },
  'amqp:session:errant-link': {
    meaning: 'AMQP: a frame names a link that is not attached.',
    causes: causes(['a defect of the client’s AMQP library', 'update it']),
    next: 'Connect again.',
  },
  'amqp:session:unattached-handle': {
    meaning: 'AMQP: a frame names a link that is not attached.',
    causes: causes(['a defect of the client’s AMQP library', 'update it']),
    next: 'Connect again.',
  },
  'amqp:session:handle-in-use': {
    meaning: 'AMQP: a link handle is used twice.',
    causes: causes(['a defect of the client’s AMQP library', 'update it']),
    next: 'Connect again.',
  },
  'amqp:session:window-violation': {
    meaning: 'AMQP: more frames were sent than the session allows.',
    causes: causes(['a client that ignores the session window', 'update its AMQP library']),
    next: 'Connect again.',
  },
  'amqp:unauthorized-access': {
    meaning: 'AMQP: the service does not accept the credentials.',
    causes: causes(
      ['at DPS: as 401002', 'the description has the six-digit code: enrollkit explain 401002'],
      ['at a hub: another certificate, or a disabled device', 'register again: enrollkit device register ID'],
    ),
    next: 'Run enrollkit doctor.',
  },
  'com.microsoft:argument-error': {
    meaning: 'AMQP: an argument is not valid.',
    causes: causes(['a value that breaks a rule of the service', 'the description names it']),
    next: 'Correct what the description names.',
  },
  'com.microsoft:argument-out-of-range': {
    meaning: 'AMQP: an argument is outside its range.',
    causes: causes([
      'an Event Hub offset or sequence number after the last event, or a partition that does not exist',
      'compare it with the runtime information of the partition',
    ]),
    next: 'Begin at the earliest or the latest event, or name a partition that exists.',
  },
  'com.microsoft:device-container-throttled': {
    meaning: 'AMQP: the service takes no more requests at the moment.',
    causes: causes(['more requests than the service or its tier allows', 'count them']),
    next: 'Wait, then try again with growing delays.',
  },
};
