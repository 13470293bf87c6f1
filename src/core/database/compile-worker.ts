import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';

const CACHE = new URL('../../../node_modules/.cache/realms/', import.meta.url);

/**
 * Only when Realms runs from its sources: a worker thread of Node 20 loads no TypeScript, and a loader inside of each
 * worker costs 200 ms for every database that a test opens. The result is kept under the hash of the source.
 */
export async function compileWorker(source: URL): Promise<URL> {
  const text = await readFile(source, 'utf8');
  const compiled = new URL(`${createHash('sha256').update(text).digest('hex').slice(0, 16)}.mjs`, CACHE);
  if (existsSync(compiled)) return compiled;
  const { default: ts } = await import('typescript');
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023, verbatimModuleSyntax: true },
  });
  await mkdir(CACHE, { recursive: true });
  // Renamed into place, because several test processes compile at the same time.
  const draft = new URL(`${compiled.href}.${process.pid}`);
  await writeFile(draft, outputText);
  await rename(draft, compiled);
  return compiled;
}
