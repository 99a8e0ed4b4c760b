/** Loopback addresses of a service's or a hub's own. */
import { createServer } from 'node:net';

/** As many as the server's certificate names; a provisioning service has 50 hubs at most. */
export const maxLoopbackNumber = 64;

/** 127.0.0.`number`; that of 1 is the one that every machine has. */
export function loopbackAddress(number: number): string {
  return `127.0.0.${number}`;
}

/**
 * Whether this machine has more loopback addresses than 127.0.0.1. Linux and Windows have all of 127.0.0.0/8; macOS has
 * those that were added with `ifconfig lo0 alias`.
 */
export function isLoopbackAddress(address: string): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(0, address, () => probe.close(() => resolve(true)));
  });
}
