import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readVersion } from './version.ts';

test('the version is that of the package', () => {
  const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8');
  expect(readVersion()).toBe((JSON.parse(text) as { version: string }).version);
  expect(readVersion()).toMatch(/^\d+\.\d+\.\d+/);
});
