import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPortableSchema } from '../src/core/testing/portable-schema.ts';
import { testDatabase } from '../src/core/testing/test-database.ts';
import { migrations } from './index.ts';

const GOLDEN = join(import.meta.dirname, 'schema.snapshot.json');

// One golden for both databases: what differs between them cannot be in it, so a difference fails one of the runs.
test('all migrations together give the schema of schema.snapshot.json', async () => {
  const database = await testDatabase();
  try {
    const schema = await readPortableSchema(database);
    if (process.env['UPDATE_GOLDENS'] === '1') {
      writeFileSync(GOLDEN, `${JSON.stringify(schema, null, 2)}\n`);
    }
    expect(schema, 'after a wanted change: UPDATE_GOLDENS=1 npx vitest run migrations').toEqual(
      JSON.parse(readFileSync(GOLDEN, 'utf8')),
    );
  } finally {
    await database.close();
  }
});

test('migrations have unique names that are in order', () => {
  const names = migrations.map((migration) => migration.name);
  expect(new Set(names).size).toBe(names.length);
  names.slice(1).forEach((name, i) => {
    expect(name > (names[i] ?? ''), `${name} after ${names[i]}`).toBe(true);
  });
  for (const name of names) expect(name).toMatch(/^\d{4}-[a-z0-9]+(-[a-z0-9]+)*$/);
});
