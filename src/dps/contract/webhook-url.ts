/** The URL of a webhook for custom allocation. */

/** Of a function with a key, and of SAS URLs. */
const secretParameters = ['code', 'sig'];

/** Azure takes https only; http is for webhooks on this computer, which the emulator can call. */
export function isWebhookUrl(text: string): boolean {
  const url = parsed(text);
  if (url === undefined) return false;
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLocal);
}

/** Whether a URL contains a key or a password. */
export function hasSecret(text: string): boolean {
  const url = parsed(text);
  if (url === undefined) return false;
  return url.password !== '' || secretParameters.some((name) => url.searchParams.has(name));
}

/** The URL with the key of an Azure function. */
export function withFunctionKey(text: string, key: string): string {
  const url = new URL(text);
  url.searchParams.set('code', key);
  return url.href;
}

/** The URL without its key: of two with different keys, the same webhook. */
export function withoutFunctionKey(text: string): string {
  const url = parsed(text);
  if (url === undefined) return text;
  url.searchParams.delete('code');
  return url.href;
}

function parsed(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
