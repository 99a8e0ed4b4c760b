/**
 * The names that clients dial for the emulator's services and hubs: each has a host, and all share the ports of this run.
 *
 * The first service is `localhost`, the first hub 127.0.0.1, unless the emulator has another host. Each other one has a loopback address, 127.0.0.2 and so on, which
 * needs no hosts file; where the machine has 127.0.0.1 only, as macOS does, it is `<name>.localhost`.
 */

import { networkInterfaces } from 'node:os';
import { withoutPort } from '../../../dps/contract/host.js';

/** The ports of a run. */
export interface Ports {
  https: number;
  mqtt: number;
  amqp: number;
}

export class HostNames {
  readonly #host: string;
  readonly #azureNames: readonly string[];
  readonly #isFirst: boolean;
  readonly #ports: () => Ports;

  /**
   * @param bound the address that its listeners bind; the name that clients dial follows from it
   * @param azureNames further names, for clients that have a hosts file; lower case
   * @param ports known once the listeners are open
   * @param isFirst whether all other names of this machine mean this service or hub
   */
  constructor(bound: string, azureNames: readonly string[], ports: () => Ports, isFirst: boolean) {
    this.#host = dialledHost(bound);
    this.#azureNames = azureNames;
    this.#ports = ports;
    this.#isFirst = isFirst;
  }

  get host(): string {
    return this.#host;
  }

  get ports(): Ports {
    return this.#ports();
  }

  /** The host for everything over HTTPS, with `:port` unless the port is 443. */
  get https(): string {
    return withPort(this.#host, this.ports.https, 443);
  }

  /** The host of a hub for devices, with `:port` unless the port is 8883. */
  get mqtt(): string {
    return withPort(this.#host, this.ports.mqtt, 8883);
  }

  /** The host of a hub's Event Hub-compatible endpoint, with `:port` unless the port is 5671. */
  get amqp(): string {
    return withPort(this.#host, this.ports.amqp, 5671);
  }

  /** The names that a token may have: lower case, with and without port. */
  get aliases(): string[] {
    const ports = Object.values(this.ports);
    return this.#hosts.flatMap((name) => [name, ...ports.map((port) => `${name}:${port}`)]);
  }

  /** Whether this is one of the names; the port is ignored. */
  isCalled(name: string): boolean {
    return this.#hosts.includes(withoutPort(name).toLowerCase());
  }

  get #hosts(): string[] {
    const loopback = this.#isFirst ? ['localhost', '127.0.0.1', '[::1]'] : [];
    return [...new Set([this.#host.toLowerCase(), ...loopback, ...this.#azureNames])];
  }
}

/** What a client dialled. */
export interface Dialled {
  /** The host name that it sent; undefined when it sent none. */
  name: string | undefined;
  /** The address at which its connection arrived. */
  address: string | undefined;
}

/** The service or hub that a client dialled: by the name that it sent, else by the address, else the first one. */
export function resolveByHost<Item extends { names: HostNames }>(
  items: readonly Item[],
  { name, address = '' }: Dialled,
): Item | undefined {
  const ipv4 = address.replace(/^::ffff:/, '');
  return (
    items.find(({ names }) => name !== undefined && names.isCalled(name)) ??
    items.find(({ names }) => names.host === ipv4) ??
    items[0]
  );
}

/** The addresses to bind for a host: for `localhost` both loopback addresses, where the machine has both. */
export function bindAddresses(host: string): string[] {
  if (host !== 'localhost') return [host];
  const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === '::1'),
  );
  return hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'];
}

/** Whether a listener that is bound to this address is reached at every address of the machine. */
export function isEveryAddress(bound: string): boolean {
  return bound === '0.0.0.0' || bound === '::';
}

/** What clients dial to reach a listener bound to this address; one that is bound to all addresses is `localhost`. */
function dialledHost(bound: string): string {
  if (isEveryAddress(bound)) return 'localhost';
  return bound.includes(':') ? `[${bound}]` : bound;
}

function withPort(host: string, port: number, standard: number): string {
  return port === standard ? host : `${host}:${port}`;
}
