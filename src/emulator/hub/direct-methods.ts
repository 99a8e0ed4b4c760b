/**
 * Direct methods: the service calls, the device answers while the call waits.
 *
 * Source: Microsoft Learn, "Understand and invoke direct methods from IoT Hub".
 */
import { randomUUID } from 'node:crypto';
import { parseJsonText } from '../wire/json-text.js';
import type { HubDevices } from './devices.js';
import { HubError } from './hub-error.js';
import { DeviceListeners } from './listeners.js';

export interface MethodCall {
  /** Comes back with the answer. */
  requestId: string;
  name: string;
  /** JSON; undefined when the caller gave none. */
  payload: unknown;
}

export interface MethodResult {
  /** The device's own; 200 by convention when it did what was asked. */
  status: number;
  /** JSON; undefined when the device gave none. */
  payload: unknown;
}

export interface MethodRequest {
  name: string;
  payload: unknown;
  /** Milliseconds to wait for a device that is not there, then for its answer. */
  connectTimeout: number;
  responseTimeout: number;
}

/** "Understand and invoke direct methods": a request or an answer holds at most 128 KB. */
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
   * The device is there and takes calls; a later handler takes the place of an earlier one.
   * @returns to be called when it takes no more
   */
  attach(deviceId: string, handler: (call: MethodCall) => void): () => void {
    this.#handlers.set(deviceId, handler);
    this.#attached.notify(deviceId);
    return () => {
      if (this.#handlers.get(deviceId) === handler) this.#handlers.delete(deviceId);
    };
  }

  /**
   * @param signal ends the waiting: nobody listens for the answer any more
   * @throws HubError DeviceNotFound, DeviceNotOnline, GatewayTimeout, InvalidResponseWhileProxying
   */
  async invoke(deviceId: string, request: MethodRequest, signal?: AbortSignal): Promise<MethodResult> {
    if (this.#devices.get(deviceId) === undefined) throw new HubError('DeviceNotFound');
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
   * The device's answer.
   * @param body JSON, or nothing
   * @returns false when no call of this device waits for it
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
    // It may have gone again before this went on.
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

/** Waits for a value so long and no longer. */
function within<Value>(
  milliseconds: number,
  otherwise: 'DeviceNotOnline' | 'GatewayTimeout',
  signal: AbortSignal | undefined,
  start: (settle: (value: Value) => void) => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new HubError(otherwise, { info: timeoutInfo(milliseconds) }));
    // The emulator may stop meanwhile; a call that waits does not keep the process.
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

/** As the service writes it: `{ timeout: "00:00:30" }`. */
function timeoutInfo(milliseconds: number): { timeout: string } {
  return { timeout: new Date(milliseconds).toISOString().slice(11, 19) };
}
