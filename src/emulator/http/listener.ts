/** The HTTPS listener: one port, on every address that the emulator is bound to. */
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { EnrollkitError } from '../../errors.js';
import type { Bindings } from './app.js';

export interface HttpsListener {
  port: number;
  /** Ends every connection. */
  close(): Promise<void>;
}

export interface HttpsOptions {
  tls: TlsOptions;
  /** Addresses to bind, all on the same port. */
  addresses: string[];
  /** 0 picks a free one. */
  port: number;
  app: Hono<Bindings>;
}

/** A port that is free on the first address may be taken on the second: then another one is tried. */
const attempts = 5;

/** @throws EnrollkitError PORT_IN_USE */
export async function startHttps(options: HttpsOptions): Promise<HttpsListener> {
  for (let attempt = 1; ; attempt += 1) {
    const servers: Server[] = [];
    try {
      let { port } = options;
      for (const address of options.addresses) {
        const server = createAdaptorServer({
          fetch: options.app.fetch as Parameters<typeof createAdaptorServer>[0]['fetch'],
          createServer,
          serverOptions: options.tls,
        }) as Server;
        servers.push(server);
        port = await listen(server, address, port);
      }
      return { port, close: () => closeAll(servers) };
    } catch (error) {
      await closeAll(servers);
      const lost = error instanceof EnrollkitError && error.code === 'PORT_IN_USE';
      if (!lost || options.port !== 0 || attempt === attempts) throw error;
    }
  }
}

/** @returns the port that it got */
function listen(server: Server, address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(listenError(cause, address, port)));
    server.listen(port, address, () => {
      server.removeAllListeners('error');
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function listenError(cause: NodeJS.ErrnoException, address: string, port: number): EnrollkitError {
  const next = 'Choose another one with --port PORT; 0 picks a free one.';
  switch (cause.code) {
    case 'EADDRINUSE':
      return new EnrollkitError('PORT_IN_USE', `Port ${port} of ${address}, for HTTPS, is in use.`, {
        next,
        cause,
      });
    case 'EACCES':
      return new EnrollkitError(
        'PORT_IN_USE',
        `Port ${port} of ${address}, for HTTPS, may not be opened by this user.`,
        { next, cause },
      );
    default:
      return new EnrollkitError('PORT_IN_USE', `The emulator cannot listen on ${address}: ${cause.code}.`, {
        next: 'Choose an address of this machine with --host ADDRESS.',
        cause,
      });
  }
}

async function closeAll(servers: Server[]): Promise<void> {
  await Promise.all(
    servers
      .filter((server) => server.listening)
      .map(
        (server) =>
          new Promise<void>((resolve) => {
            server.close(() => resolve());
            server.closeAllConnections();
          }),
      ),
  );
}
