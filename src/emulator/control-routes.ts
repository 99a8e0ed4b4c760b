/** What the emulator can be told while it runs, beside Azure's own operations: paths that Azure does not have. */
export const controlPaths = {
  clock: '/emulator/clock',
  reset: '/emulator/reset',
  stop: '/emulator/stop',
} as const;

/** The clock, as `GET` and `PUT` of its path answer it. */
export interface ClockReply {
  /** ISO 8601, UTC. */
  now: string;
  /** Milliseconds that it is ahead of the computer's. */
  offset: number;
}

/** The body of `PUT` on the clock: one of the three. */
export type ClockRequest = { at: string } | { advance: number } | { reset: true };
