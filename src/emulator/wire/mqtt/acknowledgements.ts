/** Acknowledgements in the order in which the messages came (MQTT 3.1.1 section 4.6), whichever is done first. */
export class Acknowledgements {
  readonly #send: (messageId: number) => void;
  /** Of the messages that came, the oldest first. */
  readonly #waiting: { messageId: number; done: boolean }[] = [];

  constructor(send: (messageId: number) => void) {
    this.#send = send;
  }

  /** Notes a message that came; to be called when what it asks for is done. */
  expect(messageId: number): () => void {
    const entry = { messageId, done: false };
    this.#waiting.push(entry);
    return () => {
      entry.done = true;
      while (this.#waiting[0]?.done) this.#send(this.#waiting.shift()!.messageId);
    };
  }
}
