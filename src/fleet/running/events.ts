/** What happens to running devices, as `device run --json` prints it; the names are API. */

/** Each has the time in ISO 8601 and the device. */
export type DeviceEvent = { time: string; deviceId: string } & (
  | { event: 'registered'; assignedHub: string; substatus?: string | undefined }
  | { event: 'connected'; assignedHub: string }
  | { event: 'disconnected'; code: string; message: string }
  | {
      event: 'failed';
      what: 'register' | 'connect' | 'send' | 'renew';
      code: string;
      message: string;
      /** Absent when the device does not try again. */
      retryInMs?: number | undefined;
    }
  | { event: 'sent'; messageId: string; body: unknown }
  | { event: 'reported'; properties: Record<string, unknown> }
  | { event: 'desired'; properties: Record<string, unknown> }
  | { event: 'method'; name: string; payload: unknown; status: number }
  | { event: 'message'; messageId?: string | undefined; body: string; properties: Record<string, string> }
  | { event: 'renewed'; notAfter: string; sha256Thumbprint: string }
);

/** An event before the device adds the time and itself. */
export type NewDeviceEvent = DeviceEvent extends infer One
  ? One extends DeviceEvent
    ? Omit<One, 'time' | 'deviceId'>
    : never
  : never;
