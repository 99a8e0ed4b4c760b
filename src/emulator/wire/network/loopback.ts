/** The loopback addresses of services and hubs. */
import { createServer } from 'node:net';

/** As many as the server's certificate names; a provisioning service links at most 50 hubs. */
export const maxLoopbackNumber = 64;

/** 127.0.0.`number`; every machine has 127.0.0.1. */
export function loopbackAddress(number: number): string {
  return `127.0.0.${number}`;
}

/**
 * Whether this machine has a loopback address. Linux and Windows have all of 127.0.0.0/8; macOS has 127.0.0.1, and those
 * that were added with `ifconfig lo0 alias`.
 */
export function isLoopbackAddress(address: string): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(0, address, () => probe.close(() => resolve(true)));
  });
}
