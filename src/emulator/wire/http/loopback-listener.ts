/** A listener for browsers on this computer: HTTP without TLS, on 127.0.0.1 only. */
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { listenEverywhere } from '../network/listen.js';
import { closeServers, trackSockets } from '../tls/tls-listener.js';
import type { AnswerRequest } from './send-reply.js';

export interface LoopbackListener {
  port: number;
  /** Ends every connection. */
  close(): Promise<void>;
}

/**
 * @param options.port 0 picks a free one
 * @param options.flag the flag that sets the port, for errors
 * @throws EnrollkitError PORT_IN_USE, PORT_NOT_PERMITTED, ADDRESS_UNUSABLE
 */
export async function startLoopbackHttp({
  port,
  flag,
  answer,
}: {
  port: number;
  flag: string;
  answer: AnswerRequest;
}): Promise<LoopbackListener> {
  const sockets = new Set<Socket>();
  const { port: opened, servers } = await listenEverywhere({
    createServer: () =>
      trackSockets(
        createServer((incoming, outgoing) => void answer({ incoming, outgoing })),
        sockets,
      ),
    addresses: ['127.0.0.1'],
    port,
    protocol: 'HTTP',
    flag,
  });
  return { port: opened, close: () => closeServers(servers, sockets) };
}
