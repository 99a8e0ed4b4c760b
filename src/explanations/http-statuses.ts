/** HTTP statuses that ARM, DPS and IoT Hub answer with. Sources: RFC 9110; Microsoft Learn, "Troubleshoot DPS". */
import { causes, type Explanation } from './explanation.js';

const changed = causes(['someone else changed it after it was read', 'read it again, and compare the etags']);
const failed = causes(
  ['a temporary failure in Azure', 'Azure status: https://status.azure.com'],
  ['a fault that was set in the emulator', 'enrollkit emulator faults list'],
);
const again = 'Wait a minute, then run the same command again.';

export const httpStatuses: Readonly<Record<number, Explanation>> = {
  200: {
    meaning: 'The request succeeded.',
    causes: causes(['nothing is wrong', 'read the body']),
    next: 'Go on.',
  },
  201: {
    meaning: 'The resource was created.',
    causes: causes(['nothing is wrong', 'read it back']),
    next: 'Go on.',
  },
  202: {
    meaning: 'The request was accepted, and its outcome is not known yet.',
    causes: causes([
      'a registration or a change that takes time',
      'poll the operation that the answer names',
    ]),
    next: 'Poll after the seconds in Retry-After.',
  },
  204: {
    meaning: 'The request succeeded; there is nothing to return.',
    causes: causes(['nothing is wrong', 'read it back']),
    next: 'Go on.',
  },
  400: {
    meaning: 'The service does not accept the request as it is.',
    causes: causes(
      ['a value that breaks a rule', 'the message of the error names it'],
      ['an api-version that is not known', 'the message says so'],
    ),
    next: 'Correct what the message names; the six-digit code in it says more.',
  },
  401: {
    meaning: 'The service does not accept the credentials.',
    causes: causes(
      ['for a device: DPS cannot trace its chain to a verified CA', 'enrollkit explain 401002'],
      [
        'a login or token that has expired, or a key that was regenerated',
        'az account show, or the shared access policies in the portal',
      ],
      ['a wrong clock', 'enrollkit doctor compares it with the service’s'],
    ),
    next: 'Run enrollkit doctor, which checks credentials, clock and certificates.',
  },
  403: {
    meaning: 'The service knows who you are, and does not let you do this.',
    causes: causes(
      ['a missing role or permission', 'the access control page of the resource'],
      ['an IP filter, or public network access is off', 'the networking page of the resource'],
    ),
    next: 'Ask for the role, or for access from this network.',
  },
  404: {
    meaning: 'There is no such thing at this address.',
    causes: causes(
      [
        'a mistyped name, or something that was deleted',
        'list what exists: enrollkit group list, enrollkit ca list',
      ],
      ['another subscription, DPS or hub', 'compare the names with the plan’s'],
    ),
    next: 'Check the name.',
  },
  405: {
    meaning: 'The service does not offer this method at this address.',
    causes: causes(['a request that is not of the API', 'run again with --verbose to see the request']),
    next: 'Compare the request with the REST reference.',
  },
  407: {
    meaning: 'The proxy wants a user name and password.',
    causes: causes(['HTTPS_PROXY names a proxy without credentials', 'the proxy’s administrator knows them']),
    next: 'Set HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT.',
  },
  408: {
    meaning: 'The service waited too long for the request.',
    causes: causes(['a slow or broken connection', 'try from another network']),
    next: again,
  },
  409: {
    meaning: 'The request conflicts with what is there.',
    causes: causes(
      ['something with that name exists', 'list what exists: enrollkit group list, enrollkit ca list'],
      ['an update without an etag', 'the six-digit code in the message says which'],
    ),
    next: 'Choose another name, or delete what is there.',
  },
  412: {
    meaning: 'It was changed meanwhile: the etag is not that of the stored version.',
    causes: changed,
    next: 'Read it again, then repeat the change.',
  },
  413: {
    meaning: 'The request is too large.',
    causes: causes(['a large body', 'run again with --verbose to see the request']),
    next: 'Send less.',
  },
  415: {
    meaning: 'The body is not declared as JSON.',
    causes: causes(['another Content-Type', 'it must be application/json']),
    next: 'Send Content-Type: application/json.',
  },
  426: {
    meaning: 'The service wants another protocol.',
    causes: causes(['a plain HTTP request to a WebSocket address', 'the client’s settings']),
    next: 'Connect with MQTT or AMQP over WebSockets.',
  },
  429: {
    meaning: 'The service takes no more requests at the moment.',
    causes: causes(
      ['more than 1000 registrations or operations per minute in DPS', 'many devices start at the same time'],
      ['a client that repeats in a loop', 'the number of requests in its log'],
    ),
    next: 'Wait as long as Retry-After says; spread the registrations of a fleet over time.',
  },
  431: {
    meaning: 'The headers of the request are too large.',
    causes: causes(['a very long token or header', 'run again with --verbose']),
    next: 'Send smaller headers.',
  },
  500: { meaning: 'The service failed.', causes: failed, next: again },
  501: {
    meaning: 'The emulator does not implement this.',
    causes: causes(['a feature that only Azure has', 'docs/emulator-support.md lists what the emulator has']),
    next: 'Use --target azure for it.',
  },
  502: { meaning: 'A gateway got no valid answer from the service.', causes: failed, next: again },
  503: { meaning: 'The service is not available now.', causes: failed, next: again },
  504: { meaning: 'A gateway got no answer from the service in time.', causes: failed, next: again },
};
