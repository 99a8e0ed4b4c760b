/** Microsoft's HTTPS clients dial port 443 whatever they are told: the global agent's default port is theirs. */
import https from 'node:https';

/**
 * Has them dial another port, and trust another root.
 *
 * @param ca PEM; when it is left out, they trust what they trusted
 * @returns what puts the global agent back as it was
 */
export function dialPort(port: number, ca?: string): () => void {
  const agent = https.globalAgent as https.Agent & { defaultPort: number };
  const before = { defaultPort: agent.defaultPort, options: { ...agent.options } };
  agent.defaultPort = port;
  if (ca !== undefined) agent.options.ca = ca;
  return () => {
    agent.destroy();
    Object.assign(agent, before);
  };
}
