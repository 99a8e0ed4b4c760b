/** Sends acknowledgements in the order in which the messages arrived (MQTT 3.1.1 section 4.6). */
export class Acknowledgements {
  readonly #send: (messageId: number) => void;
  /** The oldest first. */
  readonly #waiting: { messageId: number; done: boolean }[] = [];

  constructor(send: (messageId: number) => void) {
    this.#send = send;
  }

  /** Registers a message that arrived. @returns call it when the message has been handled */
  expect(messageId: number): () => void {
    const entry = { messageId, done: false };
    this.#waiting.push(entry);
    return () => {
      entry.done = true;
      while (this.#waiting[0]?.done) this.#send(this.#waiting.shift()!.messageId);
    };
  }
}
