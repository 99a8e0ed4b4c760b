/** Checks of this computer: Node.js, trusted roots, proxy. */

import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import * as tls from 'node:tls';
import type { DeviceProtocol } from '../../dps/client/device.js';
import { sentences } from '../../languages/language.js';
import type { PlanTarget } from '../../quickstart/plan/fields.js';
import { type Finding, failure, info, warning } from './finding.js';

/** The engine that package.json asks for. */
const oldestNode = [20, 19] as const;

export function nodeFindings(version: string): Finding[] {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const isOld = major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1]);
  if (!isOld) return [info('NODE_VERSION', `Node.js ${version}`)];
  return [
    failure(
      'NODE_TOO_OLD',
      sentences.cliDoctor.nodeTooOld(version, oldestNode.join('.')),
      sentences.cliDoctor.installNode,
    ),
  ];
}

/** The roots that Azure's servers need. Source: Microsoft Learn, "Azure Certificate Authority details". */
const rootsOfAzure = ['DigiCert Global Root G2', 'Microsoft RSA Root Certificate Authority 2017'];

/**
 * The certificates that Node.js trusts by default.
 *
 * @returns PEM
 */
export function trustedRoots({ NODE_EXTRA_CA_CERTS: extra }: NodeJS.ProcessEnv): string[] {
  // Since Node.js 22.15, which also counts --use-system-ca and --use-openssl-ca.
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => string[] };
  if (getCACertificates) return getCACertificates('default');
  return [...tls.rootCertificates, ...(extra && existsSync(extra) ? [readFileSync(extra, 'utf8')] : [])];
}

/** Whether the roots that Azure's servers need are trusted. */
export function rootFindings(roots: readonly string[], target: PlanTarget['kind']): Finding[] {
  const names = new Set(roots.flatMap(commonNamesIn));
  const missing = rootsOfAzure.filter((name) => !names.has(name));
  if (missing.length === 0)
    return [info('TRUST_ROOTS', sentences.cliDoctor.trustedRoots(rootsOfAzure.join(', ')))];
  const find = target === 'azure' ? failure : warning;
  return missing.map((name) =>
    find('TRUST_ROOT_MISSING', sentences.cliDoctor.rootMissing(name), sentences.cliDoctor.addRoot),
  );
}

/** The names of the roots of Azure in a text; only those certificates are parsed, since there are some 140. */
function commonNamesIn(pem: string): string[] {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return certificates.flatMap((one) => {
    const der = Buffer.from(one.replace(/-----[^-]+-----/g, ''), 'base64');
    if (!rootsOfAzure.some((name) => der.includes(name))) return [];
    try {
      return /^CN=(.*)$/m.exec(new X509Certificate(der).subject)?.[1] ?? [];
    } catch {
      return [];
    }
  });
}

/** Settings of the environment that change how Node.js trusts servers, and the proxy. */
export function environmentFindings(
  env: NodeJS.ProcessEnv,
  { kind, protocol }: { kind: PlanTarget['kind']; protocol: DeviceProtocol },
): Finding[] {
  const findings: Finding[] = [];
  const extra = env.NODE_EXTRA_CA_CERTS;
  if (extra && !existsSync(extra)) {
    findings.push(
      failure(
        'EXTRA_ROOTS_MISSING',
        sentences.cliDoctor.extraRootsMissing(extra),
        sentences.cliDoctor.correctPath,
      ),
    );
  }
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    findings.push(
      failure('TLS_CHECKS_OFF', sentences.cliDoctor.tlsChecksOff, sentences.cliDoctor.turnTlsChecksOn),
    );
  }
  return [...findings, ...proxyFindings(env, kind, protocol)];
}

function proxyFindings(
  env: NodeJS.ProcessEnv,
  kind: PlanTarget['kind'],
  protocol: DeviceProtocol,
): Finding[] {
  const proxy = proxyOf(env);
  if (proxy === undefined) return [info('NO_PROXY', sentences.cliDoctor.noProxy)];
  let url: URL;
  try {
    url = new URL(proxy);
  } catch {
    return [failure('PROXY_INVALID', sentences.cliDoctor.proxyInvalid, sentences.cliDoctor.setProxy)];
  }
  const used = info('PROXY', sentences.cliDoctor.proxy(url.host));
  if (kind !== 'azure' || protocol === 'https') return [used];
  return [
    used,
    warning(
      'PROXY_NOT_FOR_MQTT',
      sentences.cliDoctor.proxyNotForMqtt(url.host, protocol.toUpperCase()),
      sentences.cliDoctor.registerOverHttps,
    ),
  ];
}

/** The proxy for HTTPS, if there is one. */
export function proxyOf(env: NodeJS.ProcessEnv): string | undefined {
  return env.HTTPS_PROXY || env.https_proxy || env.ALL_PROXY || env.all_proxy || undefined;
}
