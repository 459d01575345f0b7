/** A UUIDv7 (RFC 9562): the time, then chance. `crypto.randomUUID` is none, and is missing where there is no TLS. */
export const newId = (): string => {
  const chance = crypto.getRandomValues(new Uint8Array(10));
  chance[2]! = (chance[2]! & 0x3f) | 0x80; // it has ten
  const hex = [...chance].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time}7${hex.slice(1)}`.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};
