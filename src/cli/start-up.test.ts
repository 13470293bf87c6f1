import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

/** What a start loads, whatever the command: everything that is imported without `await import`. */
function loadedBy(file: string, seen: Set<string>): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, clause = '', from = ''] of readFileSync(file, 'utf8').matchAll(
    /^(?:import|export) ([^;]*?)from '([^']+)';/gms,
  )) {
    const named = /^\{([^}]*)\}\s*$/
      .exec(clause)?.[1]
      ?.split(',')
      .map((name) => name.trim())
      .filter(Boolean);
    const isErased = clause.startsWith('type ') || named?.every((name) => name.startsWith('type '));
    if (isErased) continue;
    if (from.startsWith('.')) loadedBy(join(dirname(file), from), seen);
    else seen.add(from);
  }
  return seen;
}

test('a start loads commander, node and small files, and no schema, network, web or database library', () => {
  const loaded = [...loadedBy(join(import.meta.dirname, '../../bin/realms.ts'), new Set())];
  const packages = loaded.filter((name) => !name.startsWith('/') && !name.startsWith('node:'));
  expect(packages).toEqual(['commander']);
  expect(loaded.filter((name) => /\/(core\/(contract|config|database)|daemon|migrations)\//.test(name))).toEqual([]);
});
