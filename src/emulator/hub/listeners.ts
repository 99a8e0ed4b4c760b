/** Listeners for events of one device: sessions of any transport, and calls that wait for a device. */
export class DeviceListeners<Arguments extends unknown[]> {
  readonly #byDevice = new Map<string, Set<(...event: Arguments) => void>>();

  /** @returns removes the listener */
  add(deviceId: string, listener: (...event: Arguments) => void): () => void {
    const listeners = this.#byDevice.get(deviceId) ?? new Set();
    this.#byDevice.set(deviceId, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#byDevice.get(deviceId) === listeners) this.#byDevice.delete(deviceId);
    };
  }

  notify(deviceId: string, ...event: Arguments): void {
    for (const listener of [...(this.#byDevice.get(deviceId) ?? [])]) listener(...event);
  }
}
