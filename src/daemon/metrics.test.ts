import { afterAll, beforeAll, expect, test } from 'vitest';
import { callPlane } from './http/testing/planes.ts';
import { type BootedDaemon, bootDaemon } from './testing/boot-daemon.ts';
import { fault } from './testing/fake-upstream.ts';
import { openScene } from './testing/relay-scene.ts';

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Exposition {
  readonly samples: readonly Sample[];
  readonly types: ReadonlyMap<string, string>;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const TYPES = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (-?[0-9.e+-]+|NaN|Nan|[+-]?Inf)(?: -?\\d+)?$`);
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(?:,|$)/;

/** Reads the text format, version 0.0.4, and refuses whatever is not of it. */
function parseExposition(text: string): Exposition {
  expect(text.endsWith('\n')).toBe(true);
  const samples: Sample[] = [];
  const types = new Map<string, string>();
  const closed = new Set<string>();
  let family = '';
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const comment = new RegExp(`^# (HELP|TYPE) (${NAME}) (.+)$`).exec(line);
    if (comment) {
      const [, kind, name = '', rest = ''] = comment;
      if (name !== family) {
        closed.add(family);
        expect(closed.has(name), `${name} is one family`).toBe(false);
        family = name;
      }
      if (kind !== 'TYPE') continue;
      expect(TYPES).toContain(rest);
      expect(types.has(name), `${name} has one type`).toBe(false);
      types.set(name, rest);
      continue;
    }
    const match = SAMPLE.exec(line);
    expect(match, line).not.toBeNull();
    const [, name = '', labels = '', value = ''] = match ?? [];
    expect(name.startsWith(family), `${name} stands with its family`).toBe(true);
    samples.push({ name, labels: parseLabels(labels), value: Number(value.replace('Inf', 'Infinity')) });
  }
  const keys = samples.map(({ name, labels }) => `${name}${JSON.stringify(labels)}`);
  expect(new Set(keys).size).toBe(keys.length);
  return { samples, types };
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== '') {
    const match = LABEL.exec(rest);
    expect(match, text).not.toBeNull();
    const [whole = '', name = '', value = ''] = match ?? [];
    expect(labels[name]).toBeUndefined();
    labels[name] = value;
    rest = rest.slice(whole.length || rest.length);
  }
  return labels;
}

function checkHistograms({ samples, types }: Exposition): void {
  for (const [family] of [...types].filter(([, type]) => type === 'histogram')) {
    const buckets = samples.filter(({ name }) => name === `${family}_bucket`);
    if (buckets.some(({ labels }) => Object.keys(labels).length > 1)) continue;
    const bounds = buckets.map(({ labels }) => Number(labels['le']?.replace('Inf', 'Infinity')));
    const counts = buckets.map(({ value }) => value);
    expect(bounds).toEqual([...bounds].sort((a, b) => a - b));
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    if (bounds.length === 0) continue;
    expect(bounds.at(-1)).toBe(Number.POSITIVE_INFINITY);
    expect(samples.find(({ name }) => name === `${family}_count`)?.value).toBe(counts.at(-1));
    expect(samples.find(({ name }) => name === `${family}_sum`)?.value).toBeGreaterThanOrEqual(0);
  }
}

let boot: BootedDaemon;

beforeAll(async () => {
  boot = await bootDaemon();
});
afterAll(async () => await boot.stop());

async function scrape(): Promise<Exposition> {
  const { status, type, text } = await callPlane(boot, 'admin', 'GET', '/metrics');
  expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  const exposition = parseExposition(text);
  checkHistograms(exposition);
  return exposition;
}

function amountOf({ samples }: Exposition, name: string, labels: Record<string, string> = {}): number {
  const found = samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  return found.reduce((sum, { value }) => sum + value, 0);
}

test('is the text format of Prometheus, with the process and the relay in it', async () => {
  const { types } = await scrape();
  expect(types.get('realms_process_cpu_user_seconds_total')).toBe('counter');
  expect(types.get('realms_requests_total')).toBe('counter');
  expect(types.get('realms_request_seconds')).toBe('histogram');
  expect(types.get('realms_cooldowns')).toBe('gauge');
});

test('counts move with what happens', async () => {
  const before = await scrape();
  const scene = await openScene(boot, { upstreams: 2 });
  scene.up.once({}, fault.invalidApiKey());
  expect((await scene.chat()).status).toBe(200);
  expect((await scene.chatStream()).status).toBe(200);
  expect((await scene.chat({ model: 'none such' })).status).toBe(404);
  await scene.events(3);
  const after = await scrape();
  const moved = (name: string, labels: Record<string, string> = {}) =>
    amountOf(after, name, labels) - amountOf(before, name, labels);
  const endpoint = '/v1/chat/completions';
  expect(moved('realms_requests_total', { endpoint })).toBe(3);
  expect(moved('realms_requests_total', { endpoint, outcome: 'completed', status: '200' })).toBe(2);
  expect(moved('realms_requests_total', { endpoint, outcome: 'refused', status: '404' })).toBe(1);
  const [first, second] = scene.upstreams;
  expect(moved('realms_attempts_total', { upstream: first?.name ?? '', verdict: 'failed' })).toBe(1);
  expect(moved('realms_attempts_total', { upstream: second?.name ?? '', verdict: 'completed' })).toBe(2);
  expect(moved('realms_request_seconds_count')).toBeGreaterThanOrEqual(2);
  expect(moved('realms_first_output_seconds_count')).toBeGreaterThanOrEqual(1);
  expect(moved('realms_overhead_seconds_count')).toBeGreaterThanOrEqual(2);
  expect(amountOf(after, 'realms_cooldowns')).toBe(amountOf(before, 'realms_cooldowns') + 1);
  expect(amountOf(after, 'realms_inflight_requests')).toBe(0);
});

test('labels are escaped, whatever is in them', async () => {
  boot.house.stats.countAttempt('quote " backslash \\ line \n end', 'x');
  const { samples } = await scrape();
  const labels = samples
    .filter(({ name }) => name === 'realms_attempts_total')
    .map(({ labels: all }) => all['upstream']);
  expect(labels).toContain('quote \\" backslash \\\\ line \\n end');
});

test('what runs is shown while it runs', async () => {
  const scene = await openScene(boot);
  scene.up.when({}, fault.slowHeaders(600));
  const running = scene.chat();
  await scene.up.arrived(1);
  expect(amountOf(await scrape(), 'realms_inflight_requests')).toBe(1);
  await running;
});
