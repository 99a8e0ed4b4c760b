/** A running service that the exchanges are performed against. */

export interface Target {
  name: 'emulator' | 'azure';
  /** Host name of Azure Resource Manager, with its port where that is not 443. */
  armHost: string;
  armToken(): Promise<string>;
  subscription: string;
  resourceGroup: string;
  location: string;
  /** An IoT hub of that resource group. */
  hub: string;
  /** What clients trust, PEM; undefined for the authorities that Node.js trusts. */
  ca?: string;
  /** Where a host of this target is found. */
  dial(host: string, protocol: 'https' | 'mqtt' | 'amqp'): { host: string; port: number };
  /** Features that it does not have, by the names that sessions give them in `needs`. */
  lacks: readonly string[];
  /** How many sessions run at a time. */
  sessions: number;
  /** Seconds between two polls, where the reply names no other. */
  pollSeconds: number;
}

/** The host and port of `name:port`. */
export function splitHost(host: string, defaultPort: number): { host: string; port: number } {
  const [name, port] = host.split(':');
  return { host: name!, port: port === undefined ? defaultPort : Number(port) };
}
