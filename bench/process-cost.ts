import { readdirSync, readFileSync } from 'node:fs';

/** What a process has used so far, as the kernel counts it. */
export interface ProcessCost {
  /** User and system time of all its threads, those that ended included. */
  readonly cpuMicros: number;
  readonly rssBytes: number;
  readonly threads: readonly ThreadCost[];
}

export interface ThreadCost {
  readonly id: number;
  readonly name: string;
  readonly cpuMicros: number;
}

/** USER_HZ is 100 on every Linux that Node runs on. */
const TICK_MICROS = 10_000;

export function readProcessCost(pid: number): ProcessCost {
  const rssLine = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  const threads = readdirSync(`/proc/${pid}/task`).flatMap((id) => readThread(pid, Number(id)));
  return {
    cpuMicros: readStat(`/proc/${pid}/stat`).cpuMicros,
    rssBytes: Number(rssLine?.[1] ?? 0) * 1024,
    threads,
  };
}

/** How many microseconds each thread used between the two readings, the busiest first. */
export function threadsBetween(before: ProcessCost, after: ProcessCost): readonly ThreadCost[] {
  const earlier = new Map(before.threads.map(({ id, cpuMicros }) => [id, cpuMicros]));
  return after.threads
    .map((thread) => ({ ...thread, cpuMicros: thread.cpuMicros - (earlier.get(thread.id) ?? 0) }))
    .filter(({ cpuMicros }) => cpuMicros > 0)
    .sort((a, b) => b.cpuMicros - a.cpuMicros);
}

function readThread(pid: number, id: number): ThreadCost[] {
  try {
    return [{ id, ...readStat(`/proc/${pid}/task/${id}/stat`) }];
  } catch {
    // It ended between the listing and the reading.
    return [];
  }
}

function readStat(path: string): { name: string; cpuMicros: number } {
  const text = readFileSync(path, 'latin1');
  // The name stands in brackets and may hold anything, spaces too: fields count from behind it.
  const nameEnd = text.lastIndexOf(')');
  const fields = text.slice(nameEnd + 2).split(' ');
  const [userTicks, systemTicks] = [Number(fields[11]), Number(fields[12])];
  return { name: text.slice(text.indexOf('(') + 1, nameEnd), cpuMicros: (userTicks + systemTicks) * TICK_MICROS };
}
