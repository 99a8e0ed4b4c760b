/** Checks of connections: ports, and who answers behind them. */

import { lookup } from 'node:dns';
import { request as requestInClear } from 'node:http';
import { request as requestOverTls } from 'node:https';
import { connect as connectTcp, createServer, type LookupFunction, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import { codeOf, isLookupFailure } from '../../dps/client/transport-failure.js';
import { explainCode } from '../../explanations/explain.js';
import { sentences } from '../../languages/language.js';
import { type Finding, failure, info, warning } from './finding.js';

const timeoutMs = 5000;

export interface Port {
  /** What it is for: MQTT. */
  name: string;
  host: string;
  port: number;
  /** Whether the plan cannot do without it. */
  isNeeded: boolean;
}

/** A host that exists: if its name cannot be looked up, no name can. */
const knownHost = 'login.microsoftonline.com';

/** What of this computer's network is asked. */
export interface Surroundings {
  lookup: LookupFunction;
  interfaces: typeof networkInterfaces;
}

/** Whether something answers at each port; if names cannot be looked up, whether that is due to the name or the network. */
export async function portFindings(
  ports: readonly Port[],
  surroundings: Surroundings = { lookup, interfaces: networkInterfaces },
): Promise<Finding[]> {
  const all = await Promise.all(ports.map((one) => problemOf(one, surroundings)));
  const isUnknown = (problem: Problem | undefined) => problem !== undefined && isLookupFailure(problem);
  const offline = all.some(isUnknown) ? await offlineReason(surroundings) : undefined;
  // They all fail for the same reason.
  const results = all.map((problem) => (offline !== undefined && isUnknown(problem) ? 'offline' : problem));
  const open = ports.filter((_, index) => results[index] === undefined);
  const findings =
    open.length === 0
      ? []
      : [
          info(
            'PORTS',
            sentences.cliDoctor.reachable(open.map(({ name, host, port }) => `${name} ${host}:${port}`)),
          ),
        ];
  if (offline !== undefined) {
    const isNeeded = ports.some((one, index) => one.isNeeded && results[index] === 'offline');
    findings.push((isNeeded ? failure : warning)('OFFLINE', offline, sentences.cliDoctor.goOnline));
  }
  for (const [index, { name, host, port, isNeeded }] of ports.entries()) {
    const problem = results[index];
    if (problem === undefined || problem === 'offline') continue;
    findings.push(
      (isNeeded ? failure : warning)(
        'PORT_UNREACHABLE',
        sentences.cliDoctor.unreachable(host, port, name, problem.text),
        fixOf(problem, name),
      ),
    );
  }
  return findings;
}

/** Why no name can be looked up here; undefined if others can. */
async function offlineReason({ lookup, interfaces }: Surroundings): Promise<string | undefined> {
  const addresses = Object.values(interfaces()).flatMap((one) => one ?? []);
  if (addresses.every(({ internal }) => internal)) return sentences.cliDoctor.noInterface;
  const knows = new Promise<boolean>((known) => {
    setTimeout(known, timeoutMs, false).unref();
    lookup(knownHost, {}, (error) => known(error === null));
  });
  return (await knows) ? undefined : sentences.cliDoctor.noLookup(knownHost);
}

function fixOf(problem: Problem, name: string): string {
  if (isLookupFailure(problem)) return sentences.cliDoctor.checkName;
  return name === 'HTTPS' ? sentences.cliDoctor.checkNetwork : sentences.cliDoctor.openPort;
}

interface Problem {
  code?: string;
  text: string;
}

/** Why a port cannot be reached; undefined if it can. */
function problemOf({ host, port }: Port, { lookup }: Surroundings): Promise<Problem | undefined> {
  return new Promise((resolve) => {
    const socket = connectTcp({ host, port, lookup, timeout: timeoutMs });
    const end = (problem?: Problem) => {
      socket.destroy();
      resolve(problem);
    };
    socket.on('connect', () => end());
    socket.on('timeout', () => end({ text: sentences.cliDoctor.noAnswer }));
    socket.on('error', (error) => {
      const code = codeOf(error) ?? error.message;
      end({ code, text: explainCode(code)?.meaning ?? `${code}.` });
    });
  });
}

/** Ports that a new emulator would use, and that another program has. */
export async function takenPortFindings(ports: Readonly<Record<string, number>>): Promise<Finding[]> {
  const taken: string[] = [];
  for (const [name, port] of Object.entries(ports)) {
    if (!(await isFree(port))) taken.push(`${name} ${port}`);
  }
  if (taken.length === 0) {
    return [
      info(
        'PORTS_FREE',
        sentences.cliDoctor.portsFree(
          Object.entries(ports)
            .map((one) => one.join(' '))
            .join(', '),
        ),
      ),
    ];
  }
  return [
    warning('PORT_IN_USE', sentences.cliDoctor.portsTaken(taken.join(', ')), sentences.cliDoctor.stopOther),
  ];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'EADDRINUSE'));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Issuers of the certificates of Azure. */
const issuersOfAzure = /\b(DigiCert|Microsoft)\b/i;

/**
 * Whether Azure itself answers, or something that inspects TLS.
 *
 * @param roots PEM, what is trusted; those of Node.js by default
 * @param proxy through which the host is reached
 */
export async function interceptionFindings(
  host: string,
  port = 443,
  roots?: string,
  proxy?: URL,
): Promise<Finding[]> {
  const tunnel = proxy && (await tunnelThrough(proxy, `${host}:${port}`));
  if (proxy && !tunnel) return [];
  const seen = await peerOf(host, port, roots, tunnel);
  if (seen === undefined) return [];
  const { issuer, authorizationError } = seen;
  if (!issuersOfAzure.test(issuer)) {
    return [
      (authorizationError ? failure : warning)(
        'TLS_INTERCEPTED',
        sentences.cliDoctor.tlsIntercepted(
          host,
          issuer,
          authorizationError ? String(authorizationError) : undefined,
        ),
        authorizationError ? sentences.cliDoctor.trustProxyRoot : sentences.cliDoctor.exemptFromInspection,
      ),
    ];
  }
  if (authorizationError) {
    return [
      failure(
        'SERVER_NOT_TRUSTED',
        sentences.cliDoctor.serverNotTrusted(host, authorizationError),
        sentences.cliDoctor.checkRoots,
      ),
    ];
  }
  return [info('TLS', sentences.cliDoctor.serverCertificate(host, issuer))];
}

interface Peer {
  /** The name of the CA nearest to the root. */
  issuer: string;
  authorizationError: string | undefined;
}

/** A connection that a proxy has opened; undefined if it did not. */
function tunnelThrough(
  { protocol, hostname, port, username, password }: URL,
  to: string,
): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const isTls = protocol === 'https:';
    const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    const request = (isTls ? requestOverTls : requestInClear)({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port || (isTls ? 443 : 80),
      method: 'CONNECT',
      path: to,
      timeout: timeoutMs,
      headers: {
        host: to,
        ...(username ? { 'proxy-authorization': `Basic ${Buffer.from(login).toString('base64')}` } : {}),
      },
    });
    request.on('connect', ({ statusCode }, socket) => {
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      resolve(undefined);
    });
    request.on('response', () => {
      request.destroy();
      resolve(undefined);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
    request.on('close', () => resolve(undefined));
    request.end();
  });
}

function peerOf(
  host: string,
  port: number,
  ca: string | undefined,
  tunnel: Socket | undefined,
): Promise<Peer | undefined> {
  return new Promise((resolve) => {
    // Only looks at the certificate; nothing is sent.
    const socket = connectTls({
      ...(tunnel ? { socket: tunnel } : { host, port }),
      servername: host,
      rejectUnauthorized: false,
      timeout: timeoutMs,
      ca,
    });
    const end = (peer?: Peer) => {
      socket.destroy();
      resolve(peer);
    };
    socket.on('secureConnect', () => {
      let at: PeerCertificate & { issuerCertificate?: PeerCertificate } = socket.getPeerCertificate(true);
      while (at.issuerCertificate && at.issuerCertificate !== at) at = at.issuerCertificate;
      const { O: organization, CN: commonName } = at.issuer ?? {};
      const error = socket.authorizationError as unknown;
      end({
        issuer: [organization, commonName].flat().filter(Boolean).join(', ') || sentences.cliDoctor.unnamedCa,
        authorizationError: error ? String((error as Error).message ?? error) : undefined,
      });
    });
    socket.on('timeout', () => end());
    socket.on('error', () => end());
  });
}
