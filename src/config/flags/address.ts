export interface Address {
  /** Empty: all addresses. */
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `:port`, `[::1]:port`; null when it is none of these. */
export function splitAddress(text: string): Address | null {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  return port === undefined ? null : { host: bracketed ?? plain ?? '', port: Number(port) };
}
