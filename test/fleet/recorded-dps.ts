/**
 * A provisioning service that knows individual enrollments only, and answers as Azure was recorded to answer: see
 * test/data/azure/service-plane.json. It shares nothing with the emulator.
 */
import { createHash, randomUUID, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { make } from '../support/chains.js';

const recorded = JSON.parse(
  readFileSync(new URL('../data/azure/service-plane.json', import.meta.url), 'utf8'),
);

export interface RecordedRequest {
  method: string;
  path: string;
  /** What a test looks into. */
  body: any;
}

export interface RecordedDps {
  connectionString: string;
  /** PEM: the root of its TLS certificate. */
  trust: string;
  /** By registration ID in lower case; members are as GET gives them, without the registrationState. */
  enrollments: Map<string, any>;
  requests: RecordedRequest[];
  /** The bulk requests, as [mode, registration IDs]. */
  bulks(): [mode: string, ids: string[]][];
  close(): Promise<void>;
}

export interface RecordedDpsOptions {
  /** Rows of a page of a query. */
  pageSize?: number;
  /** Called before a request is answered, and free to change what is stored; a reply given back is sent instead. */
  before?: (request: RecordedRequest, dps: RecordedDps) => Reply | undefined;
  /** Whether the connection ends before the answer, when all is done. */
  losesAnswer?: (request: RecordedRequest) => boolean;
}

interface Reply {
  status: number;
  headers?: Record<string, string>;
  body: unknown;
}

/** Not recorded: the number of a refusal for a stale etag in a bulk operation. Any 412 must do. */
const staleEtag = { errorCode: 412201, errorStatus: 'ETag mismatch.' };

export async function startRecordedDps(options: RecordedDpsOptions = {}): Promise<RecordedDps> {
  const root = await make('root', 'Recorded DPS');
  const { pem, privateKey } = await make('server', 'localhost', root, {
    subjectAlternativeNames: { dns: ['localhost'] },
  });
  const server = createServer({
    cert: pem,
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }),
  });
  await new Promise<void>((listening) => server.listen(0, 'localhost', listening));
  const requests: RecordedRequest[] = [];
  const dps: RecordedDps = {
    connectionString: `HostName=localhost:${(server.address() as AddressInfo).port};SharedAccessKeyName=owner;SharedAccessKey=${Buffer.from('a key').toString('base64')}`,
    trust: root.pem,
    enrollments: new Map(),
    requests,
    bulks: () =>
      requests
        .filter(({ method, path }) => method === 'POST' && path === '/enrollments')
        .map(({ body }) => [body.mode, body.enrollments.map((one: any) => one.registrationId)]),
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
  const reply = (request: RecordedRequest, headers: IncomingMessage['headers']): Reply => {
    if (!/^SharedAccessSignature /.test(headers.authorization ?? '')) {
      return { status: 401, body: { errorCode: 401000, message: 'Unauthorized' } };
    }
    try {
      return options.before?.(request, dps) ?? answer(request, headers, dps, options);
    } catch (error) {
      return { status: 400, body: { errorCode: 400004, message: (error as Error).message } };
    }
  };
  server.on('request', async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    let text = '';
    for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
    const url = new URL(incoming.url!, 'https://localhost');
    const request = {
      method: incoming.method!,
      path: url.pathname,
      body: text === '' ? undefined : JSON.parse(text),
    };
    requests.push(request);
    const { status, headers, body } = reply(request, incoming.headers);
    if (options.losesAnswer?.(request)) return outgoing.destroy();
    outgoing.writeHead(status, { ...recorded.headers, ...headers }).end(JSON.stringify(body));
  });
  return dps;
}

/** What is stored of an enrollment that was sent: as recorded, members that are null are left out. */
export function stored(sent: any, before?: any): any {
  const { registrationState: _state, ...members } = sent;
  const now = `${new Date().toISOString().slice(0, -1)}0001Z`;
  return {
    ...Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null)),
    attestation: storedAttestation(sent.attestation, before?.attestation),
    etag: Buffer.from(`"${randomUUID()}"`).toString('base64'),
    createdDateTimeUtc: before?.createdDateTimeUtc ?? now,
    lastUpdatedDateTimeUtc: now,
  };
}

function storedAttestation(sent: any, before: any): any {
  if (sent.type !== 'x509') return { type: sent.type };
  const pair = sent.x509.clientCertificates;
  const known = Object.values(before?.x509?.clientCertificates ?? {}) as any[];
  const slots = Object.entries(pair).filter(([, slot]) => slot !== null);
  const described = slots.map(([name, slot]: [string, any]) => {
    if (slot.certificate !== undefined) return [name, { info: infoOf(slot.certificate) }];
    const kept = known.find(({ info }) => info.sha256Thumbprint === slot.info?.sha256Thumbprint);
    if (!kept)
      throw new Error(`${name} has neither a certificate nor the thumbprint of the one that is stored`);
    return [name, kept];
  });
  return { type: 'x509', x509: { clientCertificates: Object.fromEntries(described) } };
}

function infoOf(pem: string): Record<string, unknown> {
  const certificate = new X509Certificate(pem);
  const [subjectName, issuerName] = [certificate.subject, certificate.issuer].map((name) =>
    name.split('\n').reverse().join(', '),
  );
  const time = (text: string) => `${new Date(text).toISOString().slice(0, 19)}Z`;
  return {
    ...recorded.enrollment.body.attestation.x509.clientCertificates.primary.info,
    subjectName,
    issuerName,
    sha1Thumbprint: certificate.fingerprint.replaceAll(':', ''),
    sha256Thumbprint: certificate.fingerprint256.replaceAll(':', ''),
    notBeforeUtc: time(certificate.validFrom),
    notAfterUtc: time(certificate.validTo),
    serialNumber: certificate.serialNumber,
  };
}

const key = (id: string) => id.toLowerCase();

function answer(
  { method, path, body }: RecordedRequest,
  headers: IncomingMessage['headers'],
  { enrollments }: RecordedDps,
  { pageSize = 100 }: RecordedDpsOptions,
): Reply {
  if (method === 'POST' && path === '/enrollments') return bulk(body, enrollments);
  if (method === 'POST' && path === '/enrollments/query' && body.query === 'SELECT *') {
    // Recorded pages come in the order of the partitions that rows are in, neither of IDs nor of creation.
    const rows = [...enrollments.values()].sort((one, other) =>
      order(one.registrationId) < order(other.registrationId) ? -1 : 1,
    );
    const at = Number(headers['x-ms-continuation'] ?? 0);
    const more = at + pageSize < rows.length ? { 'x-ms-continuation': String(at + pageSize) } : {};
    const page = rows.slice(at, at + pageSize);
    return { status: 200, headers: { ...recorded.query.headers, ...more }, body: page };
  }
  const id = /^\/enrollments\/([^/]+)$/.exec(path)?.[1];
  if (method === 'GET' && id !== undefined) {
    const found = enrollments.get(key(decodeURIComponent(id)));
    if (!found) return recorded.notFound;
    const registrationState = { registrationId: found.registrationId, status: 'unassigned' };
    return { status: 200, body: { ...found, registrationState } };
  }
  throw new Error(`no recording of ${method} ${path} ${JSON.stringify(body)}`);
}

const order = (id: string) => createHash('sha1').update(key(id)).digest('hex');

function bulk(
  { mode, enrollments: items }: { mode: string; enrollments: any[] },
  enrollments: Map<string, any>,
): Reply {
  if (items.length > 10) throw new Error('a bulk operation takes 10 enrollments');
  const { body: refusal } = recorded.bulk.updateOfExistingWithoutEtag.enrollments;
  const errors = items.flatMap((item) => {
    const { registrationId, etag } = item;
    const before = enrollments.get(key(registrationId));
    if (mode === 'create' || mode === 'update') {
      // Whatever an "update" says, without an etag it is refused.
      if (before) return [{ ...refusal.errors[0], registrationId: before.registrationId }];
    } else if (mode === 'updateIfMatchETag') {
      if (!before) return [{ errorCode: 404201, errorStatus: 'Enrollment not found.', registrationId }];
      if (etag !== before.etag) return [{ ...staleEtag, registrationId: before.registrationId }];
    } else {
      throw new Error(`no recording of the mode ${mode}`);
    }
    enrollments.set(key(registrationId), stored(item, before));
    return [];
  });
  const { status, body } = recorded.bulk.create;
  return { status, body: errors.length === 0 ? body : { ...refusal, errors } };
}
