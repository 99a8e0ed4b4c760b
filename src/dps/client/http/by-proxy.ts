import type { PipelineRequest } from '@azure/core-rest-pipeline';
import { sentences } from '../../../languages/language.js';

/** A host for messages, with the proxy through which a request goes, if it does: either may be what cannot be reached. */
export function byProxy(host: string, request: PipelineRequest | undefined): string {
  // The agent that the proxy policy has set.
  const { proxy } = (request?.agent ?? {}) as { proxy?: URL };
  return proxy === undefined ? host : sentences.dpsClient.throughProxy(host, proxy.host);
}
