/**
 * The names under which the emulator's services and hubs are dialled: a host each, and the ports of this run.
 *
 * The first service and the first hub are `localhost`. Others have a loopback address of their own, 127.0.0.2 and so on,
 * which resolves nowhere else and needs no hosts file; where the machine has 127.0.0.1 alone, as macOS has, they are
 * `<name>.localhost`.
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
   * @param bound what its listeners are bound to; the name that clients dial follows from it
   * @param azureNames what it is called besides, by who has a hosts file for it; lower case
   * @param ports known once the listeners listen
   * @param isFirst whether it is what every other name of this machine stands for
   */
  constructor(bound: string, azureNames: readonly string[], ports: () => Ports, isFirst: boolean) {
    this.#host = dialled(bound);
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

  /** The host of everything that is spoken over HTTPS, with `:port` unless that is 443. */
  get https(): string {
    return withPort(this.#host, this.ports.https, 443);
  }

  /** A hub's for devices, with `:port` unless that is 8883. */
  get mqtt(): string {
    return withPort(this.#host, this.ports.mqtt, 8883);
  }

  /** What a token may name: lower case, with and without port. */
  get aliases(): string[] {
    const ports = Object.values(this.ports);
    return this.#hosts.flatMap((name) => [name, ...ports.map((port) => `${name}:${port}`)]);
  }

  /** Whether a client that says this name means this; the port is passed over. */
  isCalled(name: string): boolean {
    return this.#hosts.includes(withoutPort(name).toLowerCase());
  }

  get #hosts(): string[] {
    const loopback = this.#isFirst ? ['localhost', '127.0.0.1', '[::1]'] : [];
    return [...new Set([this.#host.toLowerCase(), ...loopback, ...this.#azureNames])];
  }
}

/** What a client said and dialled. */
export interface Dialled {
  /** The name that it used; undefined when it said none. */
  name: string | undefined;
  /** The address at which its connection arrived. */
  address: string | undefined;
}

/** Which of several a client means: by the name that it used, else by the address that it dialled, else the first. */
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

/** The addresses to bind for a host: `localhost` is both loopback addresses, where the machine has both. */
export function bindAddresses(host: string): string[] {
  if (host !== 'localhost') return [host];
  const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === '::1'),
  );
  return hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'];
}

/** Whether a listener that is bound to this is reached at every address of the machine. */
export function isEveryAddress(bound: string): boolean {
  return bound === '0.0.0.0' || bound === '::';
}

/** What a client dials to reach a server bound to this: all addresses of a machine are reached as localhost. */
function dialled(bound: string): string {
  if (isEveryAddress(bound)) return 'localhost';
  return bound.includes(':') ? `[${bound}]` : bound;
}

function withPort(host: string, port: number, standard: number): string {
  return port === standard ? host : `${host}:${port}`;
}
