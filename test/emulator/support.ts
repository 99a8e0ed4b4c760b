/** What the emulator's tests share: certificates, requests as any client would send them, an emulator with a chain. */
import { readFileSync } from 'node:fs';
import { type Agent, request } from 'node:https';
import { parseConnectionString } from '../../src/dps/contract/connection-string.js';
import { createSasToken } from '../../src/dps/contract/sas.js';
import {
  type Emulator,
  type EmulatorEndpoints,
  type EmulatorEvent,
  type EmulatorOptions,
  startEmulator,
} from '../../src/emulator/start.js';
import { issueVerificationCertificate } from '../../src/pki/make/verification-certificate.js';
import type { Made } from '../support/chains.js';

export interface Call {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  /** Sent as JSON when it is not a string or a Buffer. */
  body?: unknown;
  /** The chain that is presented, leaf first; its key is the first one's. */
  chain?: Made[];
  /** Keeps the connection for the next call. */
  agent?: Agent;
}

export interface Answer {
  status: number;
  headers: Record<string, string | undefined>;
  /** What comes back is what the tests look into. */
  body: any;
}

/** What a test asks a running emulator, in this process or another. */
export interface Client {
  call(call: Call): Promise<Answer>;
  /** A call of the ARM plane, with the token; `path` is what follows the service's path. */
  arm(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** A call of the service plane, with a token of the owner. */
  service(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Uploads a CA and proves its possession. */
  verifiedCa(name: string, ca: Made): Promise<void>;
  /** Registers over HTTPS and polls once. */
  register(registrationId: string, chain: Made[]): Promise<Answer>;
}

export interface TestEmulator extends Emulator, Client {
  events: EmulatorEvent[];
}

export async function startTestEmulator(options: Partial<EmulatorOptions> = {}): Promise<TestEmulator> {
  const events: EmulatorEvent[] = [];
  const emulator = await startEmulator({ dir: ':memory:', log: (event) => events.push(event), ...options });
  return { ...emulator, ...clientOf(emulator.endpoints), events };
}

export function clientOf(endpoints: EmulatorEndpoints): Client {
  const ca = readFileSync(endpoints.caFile, 'utf8');
  const servicePath = `/subscriptions/${endpoints.subscriptionId}/resourceGroups/${endpoints.resourceGroup}/providers/Microsoft.Devices/provisioningServices/${endpoints.dpsName}`;

  const call = (one: Call) => send(endpoints, ca, one);
  const arm: Client['arm'] = (method, path, body, headers = {}) =>
    call({
      method,
      path: withVersion(`${servicePath}${path}`, '2022-02-05'),
      body,
      headers: { authorization: `Bearer ${endpoints.armToken}`, ...headers },
    });
  const service: Client['service'] = (method, path, body, headers = {}) =>
    call({
      method,
      path: withVersion(path, '2021-10-01'),
      body,
      headers: { authorization: ownerToken(endpoints), ...headers },
    });
  const register: Client['register'] = async (registrationId, chain) => {
    const base = `/${endpoints.idScope}/registrations/${encodeURIComponent(registrationId)}`;
    const first = await call({
      method: 'PUT',
      path: `${base}/register?api-version=2021-06-01`,
      body: { registrationId },
      chain,
    });
    if (first.status !== 202) return first;
    return call({ path: `${base}/operations/${first.body.operationId}?api-version=2021-06-01`, chain });
  };
  const verifiedCa: Client['verifiedCa'] = async (name, authority) => {
    const path = `/certificates/${name}`;
    const put = await arm('PUT', path, { properties: { certificate: base64(authority.pem) } });
    const code = await arm('POST', `${path}/generateVerificationCode`, undefined, {
      'if-match': put.body.etag,
    });
    const proof = await issueVerificationCertificate(
      code.body.properties.verificationCode,
      { certificate: authority.pem, privateKey: authority.privateKey },
      new Date(),
    );
    const verified = await arm(
      'POST',
      `${path}/verify`,
      { certificate: base64(proof.pem) },
      { 'if-match': code.body.etag },
    );
    if (verified.status !== 200) throw new Error(`verify answered ${verified.status}`);
  };
  return { call, arm, service, register, verifiedCa };
}

/** PEM as the ARM client sends it. */
export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** A token of the owner, good for an hour. */
export function ownerToken(endpoints: EmulatorEndpoints): string {
  const { hostName, sharedAccessKeyName, sharedAccessKey } = parseConnectionString(
    endpoints.serviceConnectionString,
  );
  return createSasToken(hostName, sharedAccessKeyName, sharedAccessKey, Math.floor(Date.now() / 1000) + 3600);
}

/** The body of an enrollment group by CA reference, or by certificate. */
export function groupBody(
  enrollmentGroupId: string,
  by: { reference: string } | { certificate: string },
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  const x509 =
    'reference' in by
      ? { caReferences: { primary: by.reference } }
      : { signingCertificates: { primary: { certificate: by.certificate } } };
  return { enrollmentGroupId, attestation: { type: 'x509', x509 }, ...more };
}

function withVersion(path: string, version: string): string {
  return path.includes('api-version=')
    ? path
    : `${path}${path.includes('?') ? '&' : '?'}api-version=${version}`;
}

function send(
  { armEndpoint }: EmulatorEndpoints,
  ca: string,
  { method = 'GET', path, headers = {}, body, chain, agent }: Call,
): Promise<Answer> {
  const payload =
    body === undefined
      ? undefined
      : typeof body === 'string' || Buffer.isBuffer(body)
        ? body
        : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      armEndpoint,
      {
        method,
        path,
        ca,
        agent: agent ?? false,
        ...(chain
          ? {
              cert: chain.map(({ pem }) => pem).join(''),
              key: chain[0]!.privateKey.export({ format: 'pem', type: 'pkcs8' }),
            }
          : {}),
        headers: {
          ...(payload === undefined
            ? {}
            : {
                'content-type': 'application/json',
                ...(headers['transfer-encoding']
                  ? {}
                  : { 'content-length': String(Buffer.byteLength(payload)) }),
              }),
          ...headers,
        },
      },
      async (response) => {
        let text = '';
        try {
          for await (const chunk of response.setEncoding('utf8')) text += chunk;
        } catch (error) {
          return reject(error as Error);
        }
        resolve({
          status: response.statusCode!,
          headers: response.headers as Record<string, string>,
          body: text === '' ? undefined : JSON.parse(text),
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}
