/** The MQTT and AMQP connections of devices: one for each device, ended at the latest when its token expires. */

import { unattended } from '../wire/unattended.js';

/** Why a connection is ended. */
export type EndOfConnection = 'connected again' | 'deleted' | 'no longer let in' | 'token expired';

interface DeviceConnection {
  end: (why: EndOfConnection) => void;
  expires: Date | undefined;
}

const checkMilliseconds = 1000;

export class DeviceConnections {
  readonly #now: () => Date;
  readonly #record: (deviceId: string) => void;
  readonly #connections = new Map<string, DeviceConnection>();
  #check: NodeJS.Timeout | undefined;
  /** Called after a device has connected, or its connection has ended. */
  onChange: () => void = () => {};

  /** @param record stores that a device has connected, or that its connection has ended */
  constructor(now: () => Date, record: (deviceId: string) => void) {
    this.#now = now;
    this.#record = record;
  }

  /**
   * Registers the connection of a device; an earlier one is ended.
   *
   * @param end ends the connection
   * @param expires the expiry of its token; undefined without a token
   * @returns to be called when the connection has ended
   */
  open(deviceId: string, end: (why: EndOfConnection) => void, expires: Date | undefined): () => void {
    this.end(deviceId, 'connected again');
    const connection = { end, expires };
    this.#connections.set(deviceId, connection);
    this.#changed(deviceId);
    this.#watch();
    return () => {
      if (this.#connections.get(deviceId) !== connection) return;
      this.#connections.delete(deviceId);
      this.#changed(deviceId);
    };
  }

  #changed(deviceId: string): void {
    this.#record(deviceId);
    this.onChange();
  }

  /** The device has presented a new token. */
  renewed(deviceId: string, expires: Date | undefined): void {
    const connection = this.#connections.get(deviceId);
    if (connection === undefined) return;
    connection.expires = expires;
    this.#watch();
  }

  /** Ends the device's connection, if it has one. */
  end(deviceId: string, why: EndOfConnection): void {
    this.#connections.get(deviceId)?.end(why);
  }

  has(deviceId: string): boolean {
    return this.#connections.has(deviceId);
  }

  get size(): number {
    return this.#connections.size;
  }

  /** Checks regularly, because the emulator's clock can be set: a timer would not fire when a token expires. */
  #watch(): void {
    this.#check ??= setInterval(() => {
      const now = this.#now();
      let expiring = 0;
      for (const [deviceId, { expires }] of [...this.#connections]) {
        if (expires === undefined) continue;
        expiring += 1;
        if (expires <= now) unattended(() => this.end(deviceId, 'token expired'))();
      }
      if (expiring > 0) return;
      clearInterval(this.#check);
      this.#check = undefined;
    }, checkMilliseconds).unref();
  }
}
