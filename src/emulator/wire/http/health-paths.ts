/** Whether the emulator runs, and whether it can be used; no token is needed. */
export const healthPaths = { health: '/health', ready: '/ready' } as const;
