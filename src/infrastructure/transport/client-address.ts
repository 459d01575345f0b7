import { BlockList, isIP, SocketAddress } from 'node:net';

/** One spelling per address: IPv6 compressed and without zone, IPv4 in IPv6 as IPv4. Undefined for what is no address. */
export const canonicalAddress = (text: string): string | undefined => {
  const zone = text.indexOf('%');
  const bare = zone === -1 ? text : text.slice(0, zone);
  const family = isIP(bare);
  if (family === 4) return bare;
  if (family !== 6) return undefined;
  const { address } = new SocketAddress({ address: bare, family: 'ipv6' });
  const embedded = address.startsWith('::ffff:') ? address.slice(7) : '';
  return isIP(embedded) === 4 ? embedded : address;
};

/** A proxy may write `203.0.113.7:4711`, `[2001:db8::1]` or `[2001:db8::1]:4711`. */
const withoutPort = (hop: string) =>
  /^\[(.+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(hop)?.[1] ?? hop;

/** Who the client is, believing X-Forwarded-For only as far as trusted proxies wrote it. */
export class TrustedProxies {
  readonly #trusted = new BlockList();
  readonly #any: boolean;

  /** @throws TypeError that names the entry which is neither an address nor a CIDR block. */
  constructor(entries: readonly string[]) {
    this.#any = entries.length > 0;
    for (const entry of entries) this.#add(entry);
  }

  /** `peer` is canonical; `forwarded` is the header, repeated ones joined in order. */
  clientOf(peer: string, forwarded: string): string {
    if (!this.#any || forwarded === '') return peer;
    const hops = forwarded.split(',');
    let client = peer;
    // From the right: each hop was written by the one after it, so the first that is not trusted is the last that is known.
    while (this.#trusts(client)) {
      const hop = hops.pop();
      const before = hop === undefined ? undefined : canonicalAddress(withoutPort(hop.trim()));
      if (before === undefined) break;
      client = before;
    }
    return client;
  }

  #trusts(address: string) {
    return this.#trusted.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
  }

  #add(entry: string) {
    const [network = '', bits] = entry.trim().split('/');
    const address = canonicalAddress(network);
    const family = address?.includes(':') ? 'ipv6' : 'ipv4';
    if (address === undefined) throw new TypeError(`"${entry}" is neither an address nor a CIDR block`);
    if (bits === undefined) return this.#trusted.addAddress(address, family);
    // ::ffff:10.0.0.0/104 is 10.0.0.0/8 in other words.
    const prefix =
      (/^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN) - (network.includes(':') && family === 'ipv4' ? 96 : 0);
    if (!(prefix >= 0 && prefix <= (family === 'ipv6' ? 128 : 32)))
      throw new TypeError(`"${entry}" is neither an address nor a CIDR block`);
    this.#trusted.addSubnet(address, prefix, family);
  }
}
