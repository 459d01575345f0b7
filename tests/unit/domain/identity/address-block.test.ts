import { expect, it } from 'vitest';
import { addressBlock } from '#app/domain/identity/address-block.ts';

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['::ffff:c000:207', '192.0.2.7'],
  ['0:0:0:0:0:ffff:c000:207', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
])('%s belongs to %s', (address, block) => {
  expect(addressBlock(address)).toBe(block);
});

it.each(['', 'unknown', '1:2', '1::2::3', '1:2:3:4:5:6:7:8:9', 'g::1', '12345::'])(
  '%j is a block of its own',
  (text) => {
    expect(addressBlock(text)).toBe(text);
  },
);
