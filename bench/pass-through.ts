import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Pool } from 'undici';
import { reportReady } from './ready.ts';

/** The reference: the least that a correct relay on node:http and undici does. It knows nothing of what it carries. */

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const origin = process.argv[2] ?? '';
const pool = new Pool(origin, { connections: 4_096, pipelining: 1, keepAliveTimeout: 30_000 });

function relay(req: IncomingMessage, res: ServerResponse): void {
  const parts: Buffer[] = [];
  req.on('data', (part: Buffer) => parts.push(part));
  req.on('end', () => forward(req, res, parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)));
}

function forward(req: IncomingMessage, res: ServerResponse, body: Buffer): void {
  let abort: ((reason?: Error) => void) | null = null;
  let isEnded = false;
  res.on('close', () => {
    if (!isEnded) abort?.();
  });
  pool.dispatch(
    { origin, path: req.url ?? '/', method: req.method as 'POST', headers: headersUp(req.rawHeaders), body },
    {
      onConnect(abortCall) {
        abort = abortCall;
      },
      onHeaders(status, raw, resume) {
        res.writeHead(status, headersDown(raw));
        res.on('drain', resume);
        return true;
      },
      onData(part) {
        return res.write(part);
      },
      onComplete() {
        isEnded = true;
        res.end();
      },
      onError() {
        isEnded = true;
        if (res.headersSent) res.destroy();
        else res.writeHead(502).end();
      },
    },
  );
}

function headersUp(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as string).toLowerCase();
    if (name === 'host' || name === 'content-length' || HOP_BY_HOP.has(name)) continue;
    kept.push(name, raw[i + 1] as string);
  }
  return kept;
}

function headersDown(raw: readonly Buffer[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = (raw[i] as Buffer).toString('latin1');
    if (!HOP_BY_HOP.has(name.toLowerCase())) kept.push(name, (raw[i + 1] as Buffer).toString('latin1'));
  }
  return kept;
}

const server = createServer(relay);
server.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 }, () => reportReady(server));
