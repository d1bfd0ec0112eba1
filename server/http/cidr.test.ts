import { expect, test } from 'vitest';
import { cidrHolds, networkOf, readCidr } from './cidr.ts';

test.each([
  ['192.0.2.7', '192.0.2.7/32'],
  ['::ffff:192.0.2.7', '192.0.2.7/32'],
  ['2001:db8::1', '2001:db8::/64'],
  ['2001:0db8:0000:0000:1:2:3:4', '2001:db8::/64'],
  ['2001:DB8:a:b::', '2001:db8:a:b::/64'],
  ['fe80::1%eth0', 'fe80::/64'],
  ['::1', '::/64'],
  ['not an address', 'not an address/32'],
])('the network of %s is %s', (given, network) => {
  expect(networkOf(given)).toBe(network);
});

test.each([
  ['1.2.3.77/24', '1.2.3.0/24'],
  ['1.2.3.4', '1.2.3.4/32'],
  ['1.2.3.4/032', '1.2.3.4/32'],
  ['255.255.255.255/9', '255.128.0.0/9'],
  ['2001:DB8:1::5/32', '2001:db8::/32'],
  ['2001:db8:ffff:ffff::/37', '2001:db8:f800::/37'],
  ['::ffff:9.9.9.9', '9.9.9.9/32'],
  ['::FFFF:9.9.9.77/120', '9.9.9.0/24'],
  ['::ffff:909:909', '9.9.9.9/32'],
])('however it is written, the network %s is %s', (given, network) => {
  expect(readCidr(given)).toBe(network);
});

test.each([
  '',
  'x',
  '1.2.3.4/',
  '1.2.3.4/33',
  '1.2.3.4/7',
  '1.2.3.4/1e1',
  '010.1.1.1',
  '1.2.3.4/24/1',
  '::/0',
  '::ffff:9.9.9.9/97',
  'fe80::1%eth0',
])('%o is no network to block', (given) => {
  expect(readCidr(given)).toBeUndefined();
});

test('a network holds an address however a socket writes it', () => {
  expect(cidrHolds('9.9.9.0/24', '::ffff:9.9.9.1')).toBe(true);
  expect(cidrHolds('9.9.9.0/24', '9.9.8.1')).toBe(false);
  expect(cidrHolds('2001:db8::/32', '2001:db8:1::1')).toBe(true);
  expect(cidrHolds('2001:db8::/32', 'nonsense')).toBe(false);
});
