/** A server on this computer that stands in for Azure. */
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { make } from '../support/chains.js';

export interface StandIn {
  /** What clients trust, PEM. */
  ca: string;
  port: number;
  close(): void;
}

export async function startStandIn(listener: RequestListener): Promise<StandIn> {
  const root = await make('root', 'Stand-in');
  const { pem, privateKey } = await make('server', 'localhost', root, {
    subjectAlternativeNames: { dns: ['localhost'] },
  });
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' });
  const server = createServer({ cert: pem, key }, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { ca: root.pem, port, close: () => void server.close() };
}
