import { Failure } from '../../core/failure.ts';

/** Splits `host:port`, `[::1]:port` or `:port`. @throws Failure config_invalid on anything else. */
export function parseListenAddress(text: string, key: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) {
    throw new Failure('config_invalid', {
      message: `${key}: "${text}" is not an address to listen on`,
      hint: 'write it like 127.0.0.1:8080 or [::1]:8080',
      param: key,
    });
  }
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port };
}

/** Says which address could not be had, under which key, and why. */
export function cannotListen(error: unknown, { host, port }: { host: string; port: number }, key: string): Failure {
  const { code } = error as { code?: unknown };
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  if (code === 'EADDRINUSE') {
    return new Failure(
      'conflict',
      {
        message: `${key}: ${address} is in use by another process`,
        hint: 'stop that process, or listen on another address',
        param: key,
      },
      error,
    );
  }
  const why = code === 'EACCES' ? 'this user may not' : 'the system refuses';
  return new Failure(
    'config_invalid',
    { message: `${key}: cannot listen on ${address}, ${why} (${String(code)})`, param: key },
    error,
  );
}
