import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Failure } from '../failure.ts';
import { Secret } from '../secret.ts';
import {
  type ConfigKey,
  type ConfigValue,
  configKeys,
  configSpec,
  configText,
  envNameOf,
  exampleConfig,
  loadConfig,
  parseConfigText,
} from './index.ts';

const EXAMPLE = join(import.meta.dirname, '../../../config.example.yaml');
const folder = mkdtempSync(join(tmpdir(), 'realms-config-'));
const keys = Object.keys(configKeys) as ConfigKey[];
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(text: string): string {
  const path = join(folder, 'config.yaml');
  writeFileSync(path, text);
  return path;
}

async function faultOf(promise: Promise<unknown>): Promise<Failure> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('no failure');
}

/** Something that is allowed and is not the default. */
function otherValue(key: ConfigKey): Exclude<ConfigValue, Secret> {
  const spec = configSpec(key);
  switch (spec.type) {
    case 'flag':
      return !spec.default;
    case 'integer':
      return spec.default === spec.min ? spec.min + 1 : spec.min;
    case 'choice':
      return spec.values.find((value) => value !== spec.default) ?? '';
    case 'list':
      return spec.format === 'rate' ? ['USD=1', 'EUR=0.92'] : ['10.0.0.0/8', '::1'];
    case 'secret':
      return 'hush';
    case 'text':
      return spec.format === 'url' ? 'https://realms.example' : spec.format === 'host_port' ? '[::1]:9' : 'elsewhere';
  }
}

/** Something of the wrong type, as text and as YAML. */
function wrongValue(key: ConfigKey): { text: string; yaml: string } | undefined {
  const spec = configSpec(key);
  if (spec.type === 'integer') return { text: '1.5', yaml: '"5"' };
  if (spec.type === 'flag') return { text: 'maybe', yaml: 'yes' };
  if (spec.type === 'choice') return { text: 'other', yaml: '3' };
  if (spec.type === 'list') return { text: 'not an address', yaml: '10.0.0.0/8' };
  if (spec.type === 'text') return spec.format ? { text: 'x y', yaml: '[1]' } : undefined;
  return undefined;
}

function revealed(value: ConfigValue): unknown {
  return value instanceof Secret ? value.reveal() : value;
}

test('nothing given is all defaults', async () => {
  const { config, sources } = await loadConfig({ env: { PATH: '/bin', REALMS_TOKEN: 'x', REALMS_TEST_DIALECT: 'y' } });
  for (const key of keys) expect([key, config[key], sources[key]]).toEqual([key, configKeys[key].default, 'default']);
});

test('environment names are unique', () => {
  expect(new Set(keys.map(envNameOf)).size).toBe(keys.length);
});

describe.each(keys)('%s', (key) => {
  const value = otherValue(key);
  const sections = key.split('.');
  const inYaml = (text: string): string =>
    `${sections.map((section, depth) => `${'  '.repeat(depth)}${section}:`).join('\n')} ${text}\n`;
  const yaml = inYaml(JSON.stringify(value));

  test('comes from the file, the environment wins over it, and a flag over both', async () => {
    const path = file(yaml);
    const fromFile = await loadConfig({ file: path, env: {} });
    expect(revealed(fromFile.config[key])).toEqual(value);
    expect(fromFile.sources[key]).toBe('file');
    const text = configText(value);
    const fromEnv = await loadConfig({ env: { [envNameOf(key)]: text } });
    expect(revealed(fromEnv.config[key])).toEqual(value);
    expect(fromEnv.sources[key]).toBe('env');
    const plain = configSpec(key).default;
    const shown = plain instanceof Secret ? 'another' : configText(plain);
    const both = await loadConfig({ file: path, env: { [envNameOf(key)]: shown } });
    expect([revealed(both.config[key]), both.sources[key]]).toEqual([plain instanceof Secret ? shown : plain, 'env']);
    const flagged = await loadConfig({ file: path, env: { [envNameOf(key)]: shown }, overrides: { [key]: text } });
    expect([revealed(flagged.config[key]), flagged.sources[key]]).toEqual([value, 'flag']);
  });

  test('refuses what it is not', async () => {
    const wrong = wrongValue(key);
    if (!wrong) return;
    const inFile = await faultOf(loadConfig({ file: file(inYaml(wrong.yaml)), env: {} }));
    expect([inFile.code, inFile.message.startsWith(`config.yaml:${sections.length}: "${key}" `)]).toEqual([
      'config_invalid',
      true,
    ]);
    const inEnv = await faultOf(loadConfig({ env: { [envNameOf(key)]: wrong.text } }));
    expect(inEnv.message).toContain(`environment: "${envNameOf(key)}" `);
  });
});

describe('faults', () => {
  test('an unknown key names its line and the nearest key', async () => {
    const fault = await faultOf(
      loadConfig({ file: file('log:\n  level: info\n\nrelay:\n  attemps_max: 5\n'), env: {} }),
    );
    expect(fault.message).toBe('config.yaml:5: unknown key "relay.attemps_max"');
    expect(fault.facts.hint).toBe('did you mean "relay.attempts_max"?');
  });

  test('an unknown name in the environment names the nearest one', async () => {
    const fault = await faultOf(loadConfig({ env: { REALMS_RELAY_ATTEMPS_MAX: '5' } }));
    expect(fault.facts.hint).toBe('did you mean "REALMS_RELAY_ATTEMPTS_MAX"?');
    expect((await faultOf(loadConfig({ env: { REALMS_NONSENSE_AT_ALL: '' } }))).facts.hint).toContain('unset it');
  });

  test('all are told at once', async () => {
    const path = file('log: { level: loud }\nserver:\n  connections_max: 0\n');
    const fault = await faultOf(loadConfig({ file: path, env: { REALMS_X: '1' }, overrides: { 'log.levle': 'info' } }));
    expect(fault.facts.issues?.map((issue) => issue.path)).toEqual([
      'config.yaml:1',
      'config.yaml:3',
      'environment',
      'flag',
    ]);
    expect(fault.message).toContain('(and 3 more)');
  });

  test('out of bounds says the bounds', async () => {
    const fault = await faultOf(loadConfig({ env: { REALMS_RELAY_ATTEMPTS_MAX: '0' } }));
    expect(fault.message).toContain('a whole number from 1 to 100, not "0"');
  });

  test('a secret is never repeated', async () => {
    const path = file('database:\n  url: [postgres://u:hunter2@h/d]\n');
    expect(JSON.stringify((await faultOf(loadConfig({ file: path, env: {} }))).facts)).not.toContain('hunter2');
    const { config } = await loadConfig({ env: { REALMS_DATABASE_URL: 'postgres://u:hunter2@h/d' } });
    expect(JSON.stringify(config)).not.toContain('hunter2');
  });

  test.each([
    ['relay:\n  attempts_max: 5\n  attempts_max: 6\n', /config\.yaml:3: .*unique/],
    ['relay.attempts_max: 5\nrelay: { attempts_max: 6 }\n', /config\.yaml:2: .*twice/],
    ['a: [1\nb: 2\n', /config\.yaml:\d+: /],
    ['- a\n', /sections/],
    ['relay:\n  attempts_max:\n', /from 1 to 100, not nothing/],
    ['server:\n  listen: ""\n', /must not be empty/],
    ['server:\n  listen: 8080\n', /must be text, not "8080"; write it in quotes/],
    ['server:\n  trusted_proxies: [10.0.0.0/8, 7]\n', /has an item that must be text/],
    ['relay: { attempts_max: { deep: 1 } }\n', /from 1 to 100, not a section/],
    ['relay: &r { attempts_max: *r }\n', /not a section/],
    ['server: { trusted_proxies: &l [*l] }\n', /has an item that must be text/],
    ['__proto__: { listen: 1 }\n', /unknown key "__proto__.listen"/],
    ['1: 2\n', /unknown key "1"/],
    ['? [a, b]\n: 2\n', /unknown key/],
  ])('%j is refused', async (text, message) => {
    expect((await faultOf(loadConfig({ file: file(text), env: {} }))).message).toMatch(message);
  });

  test('a file that is not there is refused by name', async () => {
    expect((await faultOf(loadConfig({ file: '/nowhere/config.yaml', env: {} }))).message).toContain(
      '/nowhere/config.yaml',
    );
  });

  test.each(['', '# only words\n', 'relay:\n', 'relay: {}\n'])('%j says nothing, which is fine', async (text) => {
    expect((await loadConfig({ file: file(text), env: {} })).sources['relay.attempts_max']).toBe('default');
  });

  test('anchors are resolved', async () => {
    const { config } = await loadConfig({
      file: file('relay: { attempts_max: &n 7, drain_max_streams: *n }\n'),
      env: {},
    });
    expect(config['relay.drain_max_streams']).toBe(7);
  });
});

describe('config.example.yaml', () => {
  test('is what exampleConfig gives', () => {
    expect(readFileSync(EXAMPLE, 'utf8')).toBe(exampleConfig());
  });

  test('has every key, each with its default', async () => {
    const { config, sources } = await loadConfig({ file: EXAMPLE, env: {} });
    for (const key of keys) {
      expect([key, sources[key]]).toEqual([key, 'file']);
      expect([key, revealed(config[key])]).toEqual([key, revealed(configKeys[key].default)]);
    }
  });
});

test('the text of a value reads back as the value', () => {
  for (const key of keys.filter((candidate) => configSpec(candidate).type !== 'secret')) {
    expect([key, parseConfigText(key, configText(otherValue(key)))]).toEqual([key, otherValue(key)]);
  }
  expect(configText(new Secret('x'))).toBe('[redacted]');
  expect(() => parseConfigText('relay.attempts_max', 'x')).toThrow('"relay.attempts_max" must be a whole number');
});
