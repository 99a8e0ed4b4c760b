/** The HTTP client of Azure Resource Manager, for those who manage one provisioning service and a whole account. */
import { bearerPolicy } from './auth.js';
import { HttpClient } from './http/client.js';
import type { Target } from './target.js';

export type ArmTarget = Pick<
  Target,
  'armEndpoint' | 'armCredential' | 'armScope' | 'trust' | 'onRequest' | 'exchange' | 'now'
>;

export function armHttpClient(target: ArmTarget): HttpClient {
  const { armEndpoint, armCredential, armScope, trust, onRequest, exchange, now } = target;
  return new HttpClient({
    plane: 'arm',
    endpoint: armEndpoint,
    authorize: bearerPolicy(armCredential, armScope),
    trust,
    onRequest,
    exchange,
    now,
  });
}
