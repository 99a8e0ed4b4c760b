/** Opens a port on every address that the emulator is bound to. */

import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { EnrollkitError } from '../../../errors.js';
import { inEnglish, sentences } from '../../../languages/language.js';
import { isEveryAddress } from './host-names.js';

export interface ListenOptions<Kind extends Server> {
  /** Called for each address. */
  createServer: () => Kind;
  addresses: readonly string[];
  /** The same on all addresses; 0 picks a free one. */
  port: number;
  /** The protocol, and the flag that sets the port; for errors. */
  protocol: string;
  flag: string;
}

/** A port that is free on the first address can be taken on the second: another one is tried then. */
const maxAttempts = 5;

/** @throws EnrollkitError PORT_IN_USE, PORT_NOT_PERMITTED, ADDRESS_UNUSABLE */
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
      if (options.port !== 0 || attempt === maxAttempts) throw error;
    }
  }
}

/**
 * How listeners that are open already take further addresses, on the same port.
 *
 * @param servers gets those of each further address
 * @returns whether the machine permits the address
 */
export function furtherAddresses<Kind extends Server>(
  options: ListenOptions<Kind>,
  servers: Kind[],
): (address: string) => Promise<boolean> {
  const bound = new Set(options.addresses);
  return async (address) => {
    if (bound.has(address) || options.addresses.some(isEveryAddress)) return true;
    try {
      servers.push(...(await listenEverywhere({ ...options, addresses: [address] })).servers);
      bound.add(address);
      return true;
    } catch {
      return false;
    }
  };
}

/** @returns the port that the server listens on */
async function listen(
  server: Server,
  address: string,
  port: number,
  { protocol, flag }: Pick<ListenOptions<Server>, 'protocol' | 'flag'>,
): Promise<number> {
  try {
    // What the server does for its clients: answers and log are English, as those of Azure.
    await inEnglish(async () => {
      const listening = once(server, 'listening');
      server.listen(port, address);
      await listening;
    });
  } catch (cause) {
    throw listenError(cause as NodeJS.ErrnoException, address, port, protocol, flag);
  }
  return (server.address() as AddressInfo).port;
}

function listenError(
  cause: NodeJS.ErrnoException,
  address: string,
  port: number,
  protocol: string,
  flag: string,
): EnrollkitError {
  switch (cause.code) {
    case 'EADDRINUSE':
      return new EnrollkitError('PORT_IN_USE', sentences.emulator.portInUse(port, address, protocol), {
        next: sentences.emulator.stopOrOtherPort(flag),
        cause,
      });
    case 'EACCES':
      return new EnrollkitError(
        'PORT_NOT_PERMITTED',
        sentences.emulator.portNotPermitted(port, address, protocol),
        {
          next: sentences.emulator.permitOrOtherPort(howToPermit(process.platform, process.execPath), flag),
          cause,
        },
      );
    default:
      return new EnrollkitError(
        'ADDRESS_UNUSABLE',
        sentences.emulator.cannotListen(address, cause.code ?? cause.message),
        {
          cause,
        },
      );
  }
}

/** How a process gets the right to open ports below 1024, by operating system. */
export function howToPermit(platform: NodeJS.Platform, node: string): string {
  switch (platform) {
    case 'linux':
      return sentences.emulator.permitOnLinux(node);
    case 'win32':
      return sentences.emulator.permitOnWindows;
    default:
      return sentences.emulator.useSudo;
  }
}
