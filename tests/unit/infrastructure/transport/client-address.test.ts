import { describe, expect, it } from 'vitest';
import { canonicalAddress, TrustedProxies } from '#app/infrastructure/transport/client-address.ts';

describe('canonicalAddress', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['0000:0000:0000:0000:0000:0000:0000:0001', '::1'],
    ['2001:DB8::A', '2001:db8::a'],
    ['::ffff:7f00:1', '127.0.0.1'],
    ['0000:0000:0000:0000:0000:ffff:c0a8:0001', '192.168.0.1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['127.1', undefined],
    ['1.2.3.4:80', undefined],
    ['localhost', undefined],
    ['', undefined],
  ])('%s is %s', (text, expected) => {
    expect(canonicalAddress(text)).toBe(expected);
  });
});

describe('TrustedProxies', () => {
  it.each([
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['::ffff:10.0.0.0/104', '10.1.1.1', true],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['0.0.0.0/0', '203.0.113.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    [' 10.1.1.1 ', '10.1.1.1', true],
  ])('%s trusts %s: %s', (entry, peer, trusted) => {
    expect(new TrustedProxies([entry]).clientOf(peer, '198.51.100.9')).toBe(trusted ? '198.51.100.9' : peer);
  });

  it.each(['', 'proxy', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/x', '10.0.0.0/', '::1/129', '::ffff:10.0.0.0/8'])(
    'refuses "%s", and says which',
    (entry) => {
      expect(() => new TrustedProxies(['10.0.0.0/8', entry])).toThrow(`"${entry}"`);
    },
  );

  it('stops at a chain that lies about its length', () => {
    const everyone = new TrustedProxies(['0.0.0.0/0']);
    expect(everyone.clientOf('10.0.0.1', Array.from({ length: 500 }, () => '10.0.0.2').join(','))).toBe('10.0.0.2');
  });
});
