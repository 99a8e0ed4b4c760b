/** What the emulator tells whoever watches it: one event an operation. For `--verbose`, tests and the web page. */

export interface EmulatorEvent {
  /** ISO 8601, UTC. */
  at: string;
  plane: 'arm' | 'service' | 'device' | 'hub';
  transport: 'https' | 'mqtt' | 'amqp';
  /** The operation's name in the route table, such as `register`; the method and path when there is none. */
  operation: string;
  /** What it is about: a registration ID, a group ID, a certificate's name. */
  id?: string;
  /** The HTTP status, or the number that stands for it in MQTT and AMQP. */
  status: number;
  /** Why it was refused, in words; often more than the caller is told. */
  reason?: string;
}

export type EmulatorLog = (event: EmulatorEvent) => void;
