/**
 * Changes of provisioning services and hubs that take their time. The change itself is stored when its request is answered; until it
 * counts as done, the resource shows that it is being made or changed, and its operation is `Running`.
 *
 * Recorded by Azure/azure-cli and Azure/azure-powershell: creating a service takes 31 to 61 seconds, deleting one 16.
 */
import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { Recent } from '../../wire/recent.js';

/** `properties.state` of a service or hub that is being made or changed. */
export type PendingState = 'Activating' | 'Transitioning';

interface Operation {
  /** By {@link performance.now}. */
  doneAt: number;
  /** How many polls are answered with `Running` at least. */
  runningPolls: number;
}

/** The keys of provisioning services and hubs. */
export const serviceKey = ({ number }: { number: number }) => `service ${number}`;
export const hubKey = ({ hubId }: { hubId: string }) => `hub ${hubId}`;

const keptOperations = 1000;

export class PendingChanges {
  readonly #durationMs: number;
  readonly #operations = new Recent<string, Operation>(keptOperations);
  /** By the key of the resource. */
  readonly #resources = new Recent<string, { state: PendingState; doneAt: number }>(keptOperations);

  /** @param seconds that each change takes */
  constructor(seconds: number) {
    this.#durationMs = seconds * 1000;
  }

  /** @returns the ID of the operation */
  begin(key: string, state: PendingState): string {
    const doneAt = performance.now() + this.#durationMs;
    this.#resources.set(key, { state, doneAt });
    return this.#add({ doneAt, runningPolls: 1 });
  }

  /** Begins to delete a resource, of which nothing is left to show. @returns the ID of the operation */
  beginDeletion(key: string): string {
    this.#resources.delete(key);
    return this.beginAction();
  }

  /** Begins what no resource shows. @returns the ID of the operation */
  beginAction(): string {
    return this.#add({ doneAt: performance.now() + this.#durationMs, runningPolls: 0 });
  }

  /** Undefined for a resource that is not being made or changed. */
  stateOf(key: string): PendingState | undefined {
    const pending = this.#resources.get(key);
    if (pending && performance.now() < pending.doneAt) return pending.state;
    return undefined;
  }

  /** Answers a poll; undefined for an operation that is not known. */
  poll(operationId: string): 'Running' | 'Succeeded' | undefined {
    const operation = this.#operations.get(operationId);
    if (!operation) return undefined;
    const isRunning = operation.runningPolls > 0 || performance.now() < operation.doneAt;
    operation.runningPolls -= 1;
    return isRunning ? 'Running' : 'Succeeded';
  }

  #add(operation: Operation): string {
    const operationId = randomUUID();
    this.#operations.set(operationId, operation);
    return operationId;
  }
}
