/**
 * Direct methods: the service calls a device and waits for its answer.
 *
 * Source: Microsoft Learn, "Understand and invoke direct methods from IoT Hub".
 */
import { randomUUID } from 'node:crypto';
import { parseJsonText } from '../wire/json-text.js';
import type { HubDevices } from './devices.js';
import { deviceNotFound, HubError } from './hub-error.js';
import { DeviceListeners } from './listeners.js';

export interface MethodCall {
  /** The device returns it with its answer. */
  requestId: string;
  name: string;
  /** JSON; undefined if the caller gave none. */
  payload: unknown;
}

export interface MethodResult {
  /** Set by the device; 200 for success by convention. */
  status: number;
  /** JSON; undefined if the device gave none. */
  payload: unknown;
}

export interface MethodRequest {
  name: string;
  payload: unknown;
  /** Milliseconds to wait for a device that is not connected, and then for its answer. */
  connectTimeout: number;
  responseTimeout: number;
}

/** "Understand and invoke direct methods": the size of a request and of an answer. */
export const maxMethodPayloadBytes = 128 * 1024;

interface PendingCall {
  deviceId: string;
  answer: (result: MethodResult | HubError) => void;
}

export class DirectMethods {
  readonly #devices: HubDevices;
  readonly #handlers = new Map<string, (call: MethodCall) => void>();
  readonly #attached = new DeviceListeners<[]>();
  readonly #pending = new Map<string, PendingCall>();

  constructor(devices: HubDevices) {
    this.#devices = devices;
  }

  /**
   * The device accepts calls from now on; a later handler replaces an earlier one.
   *
   * @returns to be called when it no longer accepts calls
   */
  attach(deviceId: string, handler: (call: MethodCall) => void): () => void {
    this.#handlers.set(deviceId, handler);
    this.#attached.notify(deviceId);
    return () => {
      if (this.#handlers.get(deviceId) === handler) this.#handlers.delete(deviceId);
    };
  }

  /**
   * @param signal ends the waiting: the caller has disconnected
   * @throws HubError DeviceNotFound, DeviceNotOnline, GatewayTimeout, InvalidResponseWhileProxying
   */
  async invoke(deviceId: string, request: MethodRequest, signal?: AbortSignal): Promise<MethodResult> {
    if (this.#devices.get(deviceId) === undefined) throw deviceNotFound(deviceId);
    const handler = await this.#handlerOf(deviceId, request.connectTimeout, signal);
    const requestId = randomUUID();
    try {
      const answer = await within<MethodResult | HubError>(
        request.responseTimeout,
        'GatewayTimeout',
        signal,
        (settle) => {
          this.#pending.set(requestId, { deviceId, answer: settle });
          handler({ requestId, name: request.name, payload: request.payload });
        },
      );
      if (answer instanceof HubError) throw answer;
      return answer;
    } finally {
      this.#pending.delete(requestId);
    }
  }

  /**
   * Passes on the answer of the device.
   *
   * @param body JSON, or empty
   * @returns false if no call to this device is waiting for it
   */
  respond(deviceId: string, requestId: string, status: number, body: Buffer): boolean {
    const call = this.#pending.get(requestId);
    if (call?.deviceId !== deviceId) return false;
    call.answer(toResult(status, body));
    return true;
  }

  async #handlerOf(deviceId: string, timeout: number, signal: AbortSignal | undefined) {
    if (!this.#handlers.has(deviceId)) {
      let stopListening = () => {};
      try {
        await within<void>(timeout, 'DeviceNotOnline', signal, (attached) => {
          stopListening = this.#attached.add(deviceId, () => attached());
        });
      } finally {
        stopListening();
      }
    }
    const handler = this.#handlers.get(deviceId);
    // It may have disconnected again in the meantime.
    if (handler === undefined) throw new HubError('DeviceNotOnline', { info: timeoutInfo(timeout) });
    return handler;
  }
}

function toResult(status: number, body: Buffer): MethodResult | HubError {
  if (body.length > maxMethodPayloadBytes) {
    return new HubError('InvalidResponseWhileProxying', {
      message: 'The answer of the device is larger than 128 KB.',
    });
  }
  try {
    return { status, payload: parseJsonText(body) };
  } catch {
    return new HubError('InvalidResponseWhileProxying');
  }
}

/** Waits for a value, at most for the given time. */
function within<Value>(
  milliseconds: number,
  error: 'DeviceNotOnline' | 'GatewayTimeout',
  signal: AbortSignal | undefined,
  start: (settle: (value: Value) => void) => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new HubError(error, { info: timeoutInfo(milliseconds) }));
    // A waiting call must not keep the process alive when the emulator stops.
    const timer = setTimeout(fail, milliseconds).unref();
    signal?.addEventListener('abort', fail, { once: true });
    const release = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', fail);
    };
    start((value) => {
      release();
      resolve(value);
    });
  });
}

/** In the form of the service: `{ timeout: "00:00:30" }`. */
function timeoutInfo(milliseconds: number): { timeout: string } {
  return { timeout: new Date(milliseconds).toISOString().slice(11, 19) };
}
