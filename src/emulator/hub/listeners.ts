/** Who wants to be told of something about a device: sessions of any transport, calls that wait for a device. */
export class DeviceListeners<Arguments extends unknown[]> {
  readonly #byDevice = new Map<string, Set<(...about: Arguments) => void>>();

  /** @returns to be called when the listener is no longer interested */
  add(deviceId: string, listener: (...about: Arguments) => void): () => void {
    const listeners = this.#byDevice.get(deviceId) ?? new Set();
    this.#byDevice.set(deviceId, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#byDevice.get(deviceId) === listeners) this.#byDevice.delete(deviceId);
    };
  }

  notify(deviceId: string, ...about: Arguments): void {
    for (const listener of [...(this.#byDevice.get(deviceId) ?? [])]) listener(...about);
  }
}
