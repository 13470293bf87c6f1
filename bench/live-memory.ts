import { setTimeout as sleep } from 'node:timers/promises';
import { fetch, WebSocket } from 'undici';

/** What a Node process holds when all garbage is gone. */
export interface LiveMemory {
  readonly rssBytes: number;
  /** Objects on the heap and buffers beside it. */
  readonly liveBytes: number;
}

const ATTEMPTS = 50;
const PAUSE_MS = 100;
const ANSWER_DEADLINE_MS = 20_000;

/** Opens the process's debugger by its signal, which any Node process answers to, and has it collect its garbage. */
export async function readLiveMemory(pid: number, inspectPort: number): Promise<LiveMemory> {
  process.kill(pid, 'SIGUSR1');
  const socket = new WebSocket(await debuggerUrl(inspectPort));
  try {
    await new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      socket.onerror = () => reject(new Error('the debugger of the measured process cannot be reached'));
    });
    // Twice, because what finalizers let go of is free only for the second.
    await call(socket, 1, 'HeapProfiler.collectGarbage', {});
    await call(socket, 2, 'HeapProfiler.collectGarbage', {});
    await sleep(PAUSE_MS);
    const expression = 'JSON.stringify(process.memoryUsage())';
    const answer = (await call(socket, 3, 'Runtime.evaluate', { expression })) as { result: { value: string } };
    const { rss, heapUsed, external } = JSON.parse(answer.result.value) as Record<string, number>;
    return { rssBytes: rss ?? 0, liveBytes: (heapUsed ?? 0) + (external ?? 0) };
  } finally {
    socket.close();
  }
}

async function debuggerUrl(port: number): Promise<string> {
  for (let i = 0; i < ATTEMPTS; i++) {
    const answer = await fetch(`http://127.0.0.1:${port}/json/list`).catch(() => null);
    if (answer?.ok) {
      const [first] = (await answer.json()) as { webSocketDebuggerUrl: string }[];
      if (first) return first.webSocketDebuggerUrl;
    }
    await sleep(PAUSE_MS);
  }
  throw new Error('the measured process opens no debugger');
}

function call(socket: WebSocket, id: number, method: string, params: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${method} was not answered`)), ANSWER_DEADLINE_MS);
    const read = (event: { data: unknown }) => {
      const message = JSON.parse(String(event.data)) as { id?: number; result?: unknown };
      if (message.id !== id) return;
      clearTimeout(timer);
      socket.removeEventListener('message', read);
      resolve(message.result);
    };
    socket.addEventListener('message', read);
    socket.send(JSON.stringify({ id, method, params }));
  });
}
