import { expect, test } from 'vitest';
import { type IpRange, isInRanges, parseIpRange } from './ip-range.ts';

function ranges(...texts: string[]): IpRange[] {
  return texts.map(parseIpRange).filter((range) => range !== undefined);
}

test.each(['10.0.0.0/8', '192.0.2.7', 'fd00::/8', '::1', '0.0.0.0/0', '::/0'])('%s is a range', (text) => {
  expect(parseIpRange(text)).toBeDefined();
});

test.each(['', '10.0.0.0/33', '10/8', '010.1.1.1', '1.2.3', 'example.com', '10.0.0.0/8/8', 'fe80::1%eth0/64', '/8'])(
  '%j is no range',
  (text) => {
    expect(parseIpRange(text)).toBeUndefined();
  },
);

test('an address is in its own network and in no other family', () => {
  expect(isInRanges('10.1.2.3', ranges('192.168.0.0/16', '10.0.0.0/8'))).toBe(true);
  expect(isInRanges('11.1.2.3', ranges('10.0.0.0/8', '::/0'))).toBe(false);
  expect(isInRanges('fd00::1', ranges('fd00::/8'))).toBe(true);
  expect(isInRanges('::ffff:10.1.2.3', ranges('10.0.0.0/8'))).toBe(true);
  expect(isInRanges('nonsense', ranges('0.0.0.0/0', '::/0'))).toBe(false);
});
