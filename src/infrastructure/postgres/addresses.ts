const PARTS = /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^/?#@]*)(.*)$/s;
/** What the server must be like: we write, so the others of libpq are none. */
const WRITABLE = ['read-write', 'primary'];

/**
 * `postgresql://user:password@one:5432,two:5432/database?target_session_attrs=read-write`, as libpq has it: a URL for each
 * of the hosts, in their order. Undefined when it is no such URL, or asks for what is no primary.
 */
export const addressesIn = (text: string): readonly string[] | undefined => {
  const [, before, hosts, after] = PARTS.exec(text) ?? [];
  if (before === undefined || hosts === undefined || after === undefined) return undefined;
  const names = hosts.split(',');
  const addresses = names.map((name) => `${before}${name}${after}`);
  if (new Set(names).size < names.length || !addresses.every((address) => URL.canParse(address))) return undefined;
  if (names.length > 1 && names.includes('')) return undefined;
  return hasPlainParameters(addresses[0]!, names.length) ? addresses : undefined; // of one at least
};

/** node-postgres takes `host` and `port` from the parameters too, but only one of each, and it knows no other attributes. */
const hasPlainParameters = (address: string, count: number): boolean => {
  const { searchParams } = new URL(address);
  const [host, port] = [searchParams.get('host'), searchParams.get('port')];
  if (!WRITABLE.includes(searchParams.get('target_session_attrs') ?? 'primary')) return false;
  if (count > 1) return host === null && port === null;
  return !host?.includes(',') && !port?.includes(',');
};
