import { wrongUsage } from '../command-failed.ts';
import type { Context } from '../context.ts';
import { text } from '../flags.ts';
import { readSecret } from '../secret-input.ts';

/** An egress proxy's address may hold a password; then it is a secret like any other. */
export const PROXY_FLAGS = {
  proxyUrl: text('URL', 'egress proxy without a password, such as http://10.0.0.2:3128'),
  proxyUrlFile: text('FILE', 'read the address of the egress proxy from a file'),
  proxyUrlEnv: text('NAME', 'read the address of the egress proxy from this environment variable'),
};

interface ProxyFlags {
  readonly proxyUrl: string | undefined;
  readonly proxyUrlFile: string | undefined;
  readonly proxyUrlEnv: string | undefined;
}

export async function readProxy(context: Context, flags: ProxyFlags): Promise<string | undefined> {
  if (flags.proxyUrl !== undefined) {
    if (flags.proxyUrl.includes('@')) {
      throw wrongUsage(
        '--proxy-url must not hold a password: every user of this machine could read it',
        'use --proxy-url-file FILE or --proxy-url-env NAME',
      );
    }
    return flags.proxyUrl;
  }
  if (flags.proxyUrlFile === undefined && flags.proxyUrlEnv === undefined) return undefined;
  const source = { keyStdin: undefined, keyFile: flags.proxyUrlFile, keyEnv: flags.proxyUrlEnv };
  return (await readSecret(context, source, 'the proxy address')).reveal();
}
