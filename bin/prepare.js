// Makes a fresh clone runnable: installs what the lock file names, then builds, each only when something changed.
// Plain JavaScript and node builtins only, because it runs before anything is installed. Output goes to stderr.
// Flags: --no-build (install only), --rebuild (throw dist away and build).
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_FLOOR = [20, 19];
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (...parts) => join(root, ...parts);

try {
  requireNode();
  // A packaged install brings dist and has neither lock file nor sources: nothing to prepare.
  if (existsSync(at('package-lock.json'))) install();
  if (existsSync(at('tsconfig.build.json')) && existsSync(at('src')) && !process.argv.includes('--no-build')) build();
} catch (error) {
  process.stderr.write(`realms: ${error.message}\n`);
  process.exitCode = 1;
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor >= NODE_FLOOR[1])) return;
  throw new Error(`Node ${NODE_FLOOR.join('.')} or newer is needed, this is ${process.versions.node}`);
}

function install() {
  const stamp = at('node_modules', '.realms-install');
  const lock = readFileSync(at('package-lock.json'));
  const wanted = createHash('sha256').update(lock).digest('hex');
  if (read(stamp) === wanted) return;
  if (!matchesLock(JSON.parse(lock.toString('utf8')))) {
    // The build needs the development tools, also where NODE_ENV=production.
    run('npm', ['ci', '--include=dev', '--no-fund', '--no-audit'], 'installing dependencies');
  }
  writeFileSync(stamp, wanted);
}

/** True when npm's own record of node_modules holds every package of the lock file, so that an `npm ci` by hand counts. */
function matchesLock(lock) {
  const record = read(at('node_modules', '.package-lock.json'));
  if (record === undefined) return false;
  const installed = JSON.parse(record).packages ?? {};
  return Object.entries(lock.packages ?? {}).every(([path, wanted]) => {
    if (path === '') return true;
    const found = installed[path];
    return found === undefined ? wanted.optional === true : found.version === wanted.version;
  });
}

function build() {
  const stamp = at('dist', '.realms-build');
  const wanted = hashSources();
  const forced = process.argv.includes('--rebuild');
  if (!forced && read(stamp) === wanted) return;
  if (forced) rmSync(at('dist'), { recursive: true, force: true });
  run(at('node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.build.json'], 'building');
  removeLeftovers(at('dist'));
  mkdirSync(at('dist'), { recursive: true });
  writeFileSync(stamp, wanted);
}

function hashSources() {
  const files = ['src', 'migrations', 'bin'].flatMap((folder) => listFiles(at(folder)));
  const configs = readdirSync(root).filter((name) => /^tsconfig.*\.json$/.test(name));
  const hash = createHash('sha256').update(process.versions.node);
  const lines = [...files, ...configs.map((name) => at(name))].map((file) => {
    const { mtimeMs, size } = statSync(file);
    return `${relative(root, file)}\0${mtimeMs}\0${size}\n`;
  });
  // Folders list in no promised order; the hash needs one, and any will do.
  for (const line of lines.sort((a, b) => (a < b ? -1 : 1))) hash.update(line);
  return hash.digest('hex');
}

/** tsc never deletes: what it once wrote for a source file that is gone would be packed and run. */
function removeLeftovers(folder) {
  for (const file of listFiles(folder)) {
    const source = at(relative(folder, file)).replace(/\.js(\.map)?$/, '');
    const isOutput = /\.js(\.map)?$/.test(file);
    if (isOutput && !['.ts', '.tsx'].some((extension) => existsSync(source + extension))) rmSync(file);
  }
}

function listFiles(folder) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function run(command, args, what) {
  process.stderr.write(`realms: ${what} (once, until something changes)\n`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (error) throw new Error(`${what} failed: ${error.message}`);
  if (status !== 0) throw new Error(`${what} failed (status ${status})`);
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
