import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

const LINES = 30;

/** Where each thread of the profiled process spent its time. */
export function profileText(folder: string): string {
  const files = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
  const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Profile;
  return files
    .sort()
    .map((name) => `${name}\n${threadText(read(name))}`)
    .join('\n\n');
}

function threadText(profile: Profile): string {
  const micros = busyMicrosByNode(profile);
  const busyMicros = sum(micros.values());
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const self = new Map<string, number>();
  const files = new Map<string, number>();
  const total = new Map<string, number>();
  for (const [id, spent] of micros) {
    const node = nodes.get(id);
    if (!node) continue;
    add(self, labelOf(node), spent);
    add(files, fileOf(node) || labelOf(node), spent);
  }
  const withCallees = (node: ProfileNode, above: ReadonlySet<string>): number => {
    const label = labelOf(node);
    const inner = new Set(above).add(label);
    const below = (node.children ?? []).map((id) => nodes.get(id)).filter((child) => child !== undefined);
    const spent = (micros.get(node.id) ?? 0) + sum(below.map((child) => withCallees(child, inner)));
    // A function within itself is counted once, where it was first entered.
    if (!above.has(label) && node.callFrame.url.includes('/dist/')) add(total, label, spent);
    return spent;
  };
  if (profile.nodes[0]) withCallees(profile.nodes[0], new Set());
  return [
    `busy for ${(busyMicros / 1e6).toFixed(1)} s in the second half of its life`,
    'by function, without what it calls:',
    ...topLines(self, busyMicros),
    'by file:',
    ...topLines(files, busyMicros),
    'functions of Realms, with all that they call:',
    ...topLines(total, busyMicros),
  ].join('\n');
}

/** Of the second half only: the first has start-up and cold code in it. */
function busyMicrosByNode({ nodes, samples, timeDeltas }: Profile): Map<number, number> {
  const idle = new Set(nodes.filter(({ callFrame }) => callFrame.functionName === '(idle)').map(({ id }) => id));
  const halfMicros = sum(timeDeltas) / 2;
  const micros = new Map<number, number>();
  let passedMicros = 0;
  samples.forEach((id, i) => {
    const delta = timeDeltas[i] ?? 0;
    passedMicros += delta;
    if (passedMicros > halfMicros && delta > 0 && !idle.has(id)) add(micros, id, delta);
  });
  return micros;
}

function topLines(spent: ReadonlyMap<string, number>, wholeMicros: number): string[] {
  const top = [...spent].sort(([, a], [, b]) => b - a).slice(0, LINES);
  return top.map(([label, micros]) => `${((micros / wholeMicros) * 100).toFixed(1).padStart(6)} %  ${label}`);
}

function labelOf(node: ProfileNode): string {
  const name = node.callFrame.functionName || '(anonymous)';
  const file = fileOf(node);
  return file ? `${name}  ${file}:${node.callFrame.lineNumber + 1}` : name;
}

function fileOf({ callFrame }: ProfileNode): string {
  return callFrame.url.replace(/^.*\/(node_modules|dist)\//, '');
}

function add<K>(to: Map<K, number>, key: K, amount: number): void {
  to.set(key, (to.get(key) ?? 0) + amount);
}

function sum(values: Iterable<number>): number {
  let all = 0;
  for (const value of values) all += value;
  return all;
}
