/** Opens a port on every address that the emulator is bound to. */
import type { AddressInfo, Server } from 'node:net';
import { EnrollkitError } from '../errors.js';

export interface ListenOptions<Kind extends Server> {
  /** One for each address. */
  createServer: () => Kind;
  addresses: readonly string[];
  /** The same on all addresses; 0 picks a free one. */
  port: number;
  /** What is spoken there, and the flag that chooses the port; for errors. */
  protocol: string;
  flag: string;
}

/** A port that is free on the first address may be taken on the second: then another one is tried. */
const attempts = 5;

/** @throws EnrollkitError PORT_IN_USE, ADDRESS_UNUSABLE */
export async function listenEverywhere<Kind extends Server>(
  options: ListenOptions<Kind>,
): Promise<{ port: number; servers: Kind[] }> {
  for (let attempt = 1; ; attempt += 1) {
    const servers: Kind[] = [];
    try {
      let { port } = options;
      for (const address of options.addresses) {
        const server = options.createServer();
        servers.push(server);
        port = await listen(server, address, port, options);
      }
      return { port, servers };
    } catch (error) {
      for (const server of servers) if (server.listening) server.close();
      if (options.port !== 0 || attempt === attempts) throw error;
    }
  }
}

/** @returns the port that it got */
function listen(
  server: Server,
  address: string,
  port: number,
  { protocol, flag }: Pick<ListenOptions<Server>, 'protocol' | 'flag'>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException) => reject(listenError(cause, address, port, protocol, flag));
    server.once('error', fail);
    server.listen(port, address, () => {
      server.removeListener('error', fail);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function listenError(
  cause: NodeJS.ErrnoException,
  address: string,
  port: number,
  protocol: string,
  flag: string,
): EnrollkitError {
  const next = `Choose another one with ${flag} PORT; 0 picks a free one.`;
  const what = `Port ${port} of ${address}, for ${protocol},`;
  switch (cause.code) {
    case 'EADDRINUSE':
      return new EnrollkitError('PORT_IN_USE', `${what} is in use.`, { next, cause });
    case 'EACCES':
      return new EnrollkitError('PORT_IN_USE', `${what} may not be opened by this user.`, { next, cause });
    default:
      return new EnrollkitError(
        'ADDRESS_UNUSABLE',
        `The emulator cannot listen on ${address}: ${cause.code}.`,
        {
          cause,
        },
      );
  }
}
