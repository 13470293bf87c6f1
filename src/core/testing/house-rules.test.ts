import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const SOURCE_FOLDERS = ['src', 'bin', 'migrations', 'bench'];
const MAX_LINES = 300;
const MAX_TEST_LINES = 500;
const EMPTY_WORDS = 'util helper common misc shared manager handler base'.split(' ');
const FORBIDDEN_WORDS = new Set([...EMPTY_WORDS, ...EMPTY_WORDS.map((word) => `${word}s`), 'types']);
/** The rooms whose work it is to read the machine's clock, chance and environment. */
const AMBIENT_ROOMS = /^src\/core\/(?:testing\/|config\/|time\.ts$|random\.ts$)/;
const AMBIENT = /Math\.random\(|Date\.now\(|process\.env\b|new Date\(\)/;

interface Source {
  readonly path: string;
  readonly text: string;
  readonly isTest: boolean;
}

const sources = SOURCE_FOLDERS.filter((folder) => existsSync(join(ROOT, folder))).flatMap(readSources);

describe('house rules', () => {
  test('sources are found', () => {
    expect(sources.map((source) => source.path)).toContain('src/core/testing/house-rules.test.ts');
  });

  test(`no file is over ${MAX_LINES} lines, no test over ${MAX_TEST_LINES}`, () => {
    const long = sources.filter(({ text, isTest }) => lineCount(text) > (isTest ? MAX_TEST_LINES : MAX_LINES));
    expect(long.map(({ path, text }) => `${path}: ${lineCount(text)} lines`)).toEqual([]);
  });

  test('no file or folder has a name that says nothing', () => {
    expect(sources.filter(({ path }) => path.split('/').some(saysNothing)).map(({ path }) => path)).toEqual([]);
  });

  test('names are kebab-case', () => {
    const odd = sources.filter(({ path }) => !path.split('/').every(isKebabCase));
    expect(odd.map(({ path }) => path)).toEqual([]);
  });

  test('core reads no clock, chance or environment of its own', () => {
    const core = sources.filter(({ path, isTest }) => path.startsWith('src/core/') && !isTest);
    expect(
      linesWith(
        AMBIENT,
        core.filter(({ path }) => !AMBIENT_ROOMS.test(path)),
      ),
    ).toEqual([]);
  });

  test('the daemon serves no HTML', () => {
    const daemon = sources.filter(({ path, isTest }) => path.startsWith('src/daemon/') && !isTest);
    // Translation names the types of files that clients send to models; it answers nobody.
    const answering = daemon.filter(({ path }) => !path.startsWith('src/daemon/translate/'));
    expect(linesWith(/text\/html/, answering)).toEqual([]);
  });
});

function readSources(folder: string): Source[] {
  const entries = readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile() && /\.(?:tsx?|c?js)$/.test(entry.name));
  return files.map((entry) => {
    const file = join(entry.parentPath, entry.name);
    const path = relative(ROOT, file);
    const isTest = /\.test\.tsx?$|\/testing\/|\/acceptance\//.test(path);
    return { path, text: readFileSync(file, 'utf8'), isTest };
  });
}

function lineCount(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

/** The last word is what a name claims to be: `content-types` is a bag, `base-url` is not. */
function saysNothing(name: string): boolean {
  const words = (basename(name).split('.')[0] ?? '').split('-');
  return FORBIDDEN_WORDS.has(words.at(-1) ?? '');
}

function isKebabCase(name: string): boolean {
  return /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z]+)*$/.test(name);
}

function linesWith(pattern: RegExp, files: readonly Source[]): string[] {
  return files.flatMap(({ path, text }) => {
    const lines = text.split('\n').map((line, index) => ({ line, place: `${path}:${index + 1}` }));
    // Prose may name what code may not do.
    const code = lines.filter(({ line }) => !/^\s*(?:\/\/|\/?\*)/.test(line));
    return code.filter(({ line }) => pattern.test(line)).map(({ line, place }) => `${place}: ${line.trim()}`);
  });
}
