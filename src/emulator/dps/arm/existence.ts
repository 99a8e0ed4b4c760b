/**
 * `HEAD` on a resource or a resource group: Azure Resource Manager says by status alone whether it exists.
 *
 * Source: Microsoft Learn, REST API "Resource Groups - Check Existence" and "Resources - Check Existence By Id": 204 when
 * it does, 404 when it does not.
 */
import type { Hono } from 'hono';
import type { Bindings } from '../../wire/http/app.js';

type Fetch = Hono<Bindings>['fetch'];

const resourceGroup = /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+(\/providers\/.+)?\/*$/i;

/** Answers as `fetch` does, but for that; it answers HEAD as it does GET, without the body. */
export function withExistence(fetch: Fetch): Fetch {
  return (request, ...more) => {
    const answer = fetch(request, ...more);
    if (request.method !== 'HEAD' || !resourceGroup.test(new URL(request.url).pathname)) return answer;
    return Promise.resolve(answer).then(existence);
  };
}

function existence(answer: Response): Response {
  if (answer.status !== 200) return answer;
  const headers = new Headers(answer.headers);
  headers.delete('content-type');
  return new Response(null, { status: 204, headers });
}
