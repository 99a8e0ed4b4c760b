/** The telemetry of a running device: made at an interval whether it is connected or not, and sent in order. */
import { randomUUID } from 'node:crypto';
import type { HubSession } from '../../dps/client/hub-session/hub-session.js';
import { EnrollkitError } from '../../errors.js';
import type { NewDeviceEvent } from './events.js';
import type { SharedRun } from './shared-run.js';
import type { MessageMaker } from './template.js';

/** Messages that wait for a connection; the oldest of more are lost. */
const maxWaiting = 100;

interface Message {
  id: string;
  body: unknown;
  /** Whether it was sent already, without an answer. */
  mayHaveArrived: boolean;
}

export class Telemetry {
  readonly #run: SharedRun;
  readonly #emit: (event: NewDeviceEvent) => void;
  readonly #make: MessageMaker;
  readonly #waiting: Message[] = [];
  #made = 0;
  #timer: NodeJS.Timeout | undefined;
  #wake = () => {};

  constructor(deviceId: string, run: SharedRun, emit: (event: NewDeviceEvent) => void) {
    this.#run = run;
    this.#emit = emit;
    this.#make = run.options.messages(deviceId);
  }

  /** Whether all messages of a limited number are sent. */
  get isComplete(): boolean {
    return this.#hasMadeAll && this.#waiting.length === 0;
  }

  get #hasMadeAll(): boolean {
    return this.#made === this.#run.options.count;
  }

  /**
   * Sends messages until the run ends, or all are sent.
   *
   * @throws what ended the connection; a message without an answer is sent again over the next one
   */
  async send(session: HubSession, over: AbortSignal): Promise<void> {
    const { counts, ending } = this.#run;
    this.#start();
    const wake = () => this.#wake();
    for (const signal of [ending, over]) signal.addEventListener('abort', wake);
    try {
      while (!over.aborted && !this.isComplete) {
        const [message] = this.#waiting;
        if (message === undefined) {
          if (ending.aborted) return;
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          continue;
        }
        const isRepeated = message.mayHaveArrived;
        message.mayHaveArrived = true;
        try {
          await session.sendTelemetry(JSON.stringify(message.body), message.id);
        } catch (error) {
          if (!(error instanceof EnrollkitError) || error.retryable || over.aborted) throw error;
          this.#waiting.shift();
          counts.add('lost');
          throw error;
        }
        this.#remove(message);
        counts.add('sent');
        if (isRepeated) counts.add('sentAgain');
        this.#emit({ event: 'sent', messageId: message.id, body: message.body });
      }
    } finally {
      for (const signal of [ending, over]) signal.removeEventListener('abort', wake);
    }
  }

  /** What is left is lost. */
  end(): void {
    clearTimeout(this.#timer);
    this.#run.counts.add('lost', this.#waiting.length);
    this.#waiting.length = 0;
  }

  /** It may have been dropped while it was on its way. */
  #remove(message: Message): void {
    const at = this.#waiting.indexOf(message);
    if (at >= 0) this.#waiting.splice(at, 1);
    else this.#run.counts.add('lost', -1);
  }

  /** The first message comes at a random moment, so that the devices of a fleet do not send at once. */
  #start(): void {
    if (this.#timer !== undefined || this.isComplete) return;
    const { intervalMs } = this.#run.options;
    const first = this.#run.options.devices.length === 1 ? 0 : Math.random() * intervalMs;
    let at = performance.now() + first;
    const tick = () => {
      if (this.#run.ending.aborted) return;
      this.#add();
      if (this.#hasMadeAll) return;
      // Timers that fire late do not make the interval longer, except after a long pause of the computer.
      at = Math.max(at + intervalMs, performance.now() - intervalMs);
      this.#timer = setTimeout(tick, Math.max(0, at - performance.now()));
    };
    this.#timer = setTimeout(tick, first);
  }

  #add(): void {
    this.#made += 1;
    this.#waiting.push({ id: randomUUID(), body: this.#make(new Date()), mayHaveArrived: false });
    if (this.#waiting.length > maxWaiting) {
      this.#waiting.shift();
      this.#run.counts.add('lost');
    }
    this.#wake();
  }
}
