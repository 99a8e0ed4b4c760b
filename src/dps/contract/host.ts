/** Removes the port from `host:port`, if present; the host can be an IPv6 address in brackets. */
export function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '');
}
