/** The pipeline of every request: headers, compression, credentials, retries and proxy. */

import type { Agent } from 'node:https';
import {
  createEmptyPipeline,
  decompressResponsePolicy,
  type Pipeline,
  type PipelinePolicy,
  proxyPolicy,
  setClientRequestIdPolicy,
  userAgentPolicy,
} from '@azure/core-rest-pipeline';
import { EnrollkitError } from '../../../errors.js';
import { sentences } from '../../../languages/language.js';

export interface CreatePipelineOptions {
  /** Used without a proxy. */
  agent: Agent;
  /** Whether the environment's proxy may be used. */
  proxy: boolean;
  authorize: PipelinePolicy | undefined;
}

/** @throws EnrollkitError USAGE when the environment's proxy is not a URL */
export function createPipeline({ agent, proxy, authorize }: CreatePipelineOptions): Pipeline {
  const pipeline = createEmptyPipeline();
  pipeline.addPolicy(userAgentPolicy({ userAgentPrefix: 'enrollkit' }));
  pipeline.addPolicy(setClientRequestIdPolicy());
  pipeline.addPolicy(decompressResponsePolicy());
  if (authorize) pipeline.addPolicy(authorize);
  if (proxy) pipeline.addPolicy(environmentProxy());
  pipeline.addPolicy(
    {
      name: 'keepAliveAgent',
      sendRequest(request, next) {
        request.agent ??= agent;
        return next(request);
      },
    },
    { afterPhase: 'Sign' },
  );
  return pipeline;
}

/** The proxy according to HTTPS_PROXY, ALL_PROXY and NO_PROXY. */
function environmentProxy(): PipelinePolicy {
  try {
    return proxyPolicy();
  } catch {
    throw new EnrollkitError('USAGE', sentences.dpsClient.proxyNotUrl, {
      next: sentences.dpsClient.setProxy,
    });
  }
}

/** Whether a host is this computer, which needs no proxy. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/i.test(hostname);
}
