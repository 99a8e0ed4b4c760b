/** The names under which the emulator is dialled: a host, and the ports that it listens on in this run. */
import { networkInterfaces } from 'node:os';
import type { EmulatorEndpoints } from './endpoints.js';

type Ports = EmulatorEndpoints['ports'];

export class HostNames {
  readonly #host: string;
  readonly #dpsName: string;
  #ports: Ports = { https: 0, mqtt: 0, amqp: 0 };

  /** @param bound what the listeners are bound to; names that clients dial follow from it */
  constructor(bound: string, dpsName: string) {
    this.#host = dialled(bound);
    this.#dpsName = dpsName;
  }

  /** Known once the listeners listen. */
  set ports(ports: Ports) {
    this.#ports = ports;
  }

  get ports(): Ports {
    return this.#ports;
  }

  /** The host of ARM, of the service plane and of the device plane, with `:port` unless that is 443. */
  get service(): string {
    return withPort(this.#host, this.#ports.https, 443);
  }

  /** The hub for devices, with `:port` unless that is 8883. */
  get hub(): string {
    return withPort(this.#host, this.#ports.mqtt, 8883);
  }

  /** What a token for the service plane may name: lower case, with and without port. */
  get serviceAliases(): string[] {
    return this.#aliases([
      `${this.#dpsName}.azure-devices-provisioning.net`,
      'global.azure-devices-provisioning.net',
    ]);
  }

  /** What a token for the hub's service side may name: lower case, with and without port. */
  get hubAliases(): string[] {
    return this.#aliases([]);
  }

  #aliases(names: string[]): string[] {
    const all = new Set(
      [this.#host, 'localhost', '127.0.0.1', '[::1]', ...names].map((name) => name.toLowerCase()),
    );
    const ports = Object.values(this.#ports);
    return [...all].flatMap((name) => [name, ...ports.map((port) => `${name}:${port}`)]);
  }
}

/** The addresses to bind for a host: `localhost` is both loopback addresses, where the machine has both. */
export function bindAddresses(host: string): string[] {
  if (host !== 'localhost') return [host];
  const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === '::1'),
  );
  return hasIpv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'];
}

/** What a client dials to reach a server bound to this: all addresses of a machine are reached as localhost. */
function dialled(bound: string): string {
  if (bound === '0.0.0.0' || bound === '::') return 'localhost';
  return bound.includes(':') ? `[${bound}]` : bound;
}

function withPort(host: string, port: number, standard: number): string {
  return port === standard ? host : `${host}:${port}`;
}
