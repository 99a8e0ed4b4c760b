/** Secrets in the environment, which an error of a connection could quote. */

const proxies = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'];

export function environmentSecrets(env: NodeJS.ProcessEnv): string[] {
  const passwords = proxies.flatMap((name) => passwordIn(env[name] ?? ''));
  return [...passwords, env.AZURE_CLIENT_SECRET ?? ''].filter((secret) => secret !== '');
}

/** As it is written in the URL, and as it is meant. */
function passwordIn(proxy: string): string[] {
  if (!URL.canParse(proxy)) return [];
  const { password } = new URL(proxy);
  try {
    return [password, decodeURIComponent(password)];
  } catch {
    return [password];
  }
}
