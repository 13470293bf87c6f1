import { Agent, METHODS, request } from 'node:http';
import type { BootedDaemon } from '../../testing/boot-daemon.ts';

export type Plane = 'public' | 'admin';

export interface PlaneAnswer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
  /** The machine-readable code of an error, in either plane's shape. */
  readonly code: string;
}

export interface PlaneCall {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Every method that node can send and that leaves the connection HTTP. */
export const EVERY_METHOD: readonly string[] = METHODS.filter((method) => method !== 'CONNECT');

/** Thousands of calls go over a few connections. */
const agent = new Agent({ keepAlive: true, maxSockets: 4 });

/** Calls the public listener or, through its socket, the admin API of a running daemon. */
export async function callPlane(
  boot: BootedDaemon,
  plane: Plane,
  method: string,
  path: string,
  { body, headers = {} }: PlaneCall = {},
): Promise<PlaneAnswer> {
  const { hostname, port } = new URL(boot.url);
  const place = plane === 'public' ? { host: hostname, port } : { socketPath: boot.daemon.adminSocket };
  // Chunked only where there is something: some methods have no body unless they say so.
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return await new Promise((resolve, reject) => {
    const call = request({ ...place, method, path, agent, headers: { ...length, ...headers } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const type = answer.headers['content-type'] ?? '';
        resolve({ status: answer.statusCode ?? 0, type, text, code: codeOf(text) });
      });
    });
    call.on('error', reject);
    call.end(body);
  });
}

function codeOf(text: string): string {
  try {
    const { code, error } = JSON.parse(text) as { code?: string; error?: { code?: string } };
    return code ?? error?.code ?? '';
  } catch {
    return '';
  }
}

/** A path of the manifest with something in place of each parameter. */
export function samplePath(path: string): string {
  return path.replace(/(?<=\/):\w+|\{\w+\}/g, 'sample1').replace('*', 'vendor/model');
}

/** Reads the tree that fastify prints: every path with its methods. */
export function readPrintedRoutes(printed: string): { readonly method: string; readonly path: string }[] {
  const above: string[] = [];
  return printed.split('\n').flatMap((line) => {
    const match = /^((?:│ {3}| {4})*)(?:├── |└── )(.*?)(?: \(([A-Z, ]+)\))?$/.exec(line);
    if (!match) return [];
    const [, indent = '', part = '', methods = ''] = match;
    const depth = indent.length / 4;
    above.length = depth;
    // A wildcard is printed without the slash that stands before it.
    above.push(part === '*' ? '/*' : part);
    const path = above.join('');
    return methods === '' ? [] : methods.split(', ').map((method) => ({ method, path }));
  });
}
