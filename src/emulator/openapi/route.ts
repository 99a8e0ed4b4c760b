/** Where clients find the OpenAPI document: no token is needed, since it says nothing about this emulator. */
import type { PlainRoute } from '../wire/http/http-app.js';

/** @param server the address of the emulator, known once it listens */
export function openApiRoute(server: () => string): PlainRoute {
  return {
    route: { method: 'GET', path: '/openapi.json' },
    async handle() {
      const { openApiDocument } = await import('./document.js');
      return { status: 200, body: openApiDocument(server()) };
    },
  };
}
