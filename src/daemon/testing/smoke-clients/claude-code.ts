import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Client } from './client.ts';

export const claudeCode: Client = {
  name: 'claude',
  models: ['claude-sonnet-4-5', 'house-model'],
  async prepare({ url, key, model, home, programs }, ask) {
    return {
      program: programIn(programs),
      args: ['-p', ask, '--output-format', 'json', '--model', model, '--allowedTools', 'Bash'],
      env: {
        ANTHROPIC_BASE_URL: url,
        ANTHROPIC_AUTH_TOKEN: key,
        ANTHROPIC_DEFAULT_HAIKU_MODEL: model,
        CLAUDE_CONFIG_DIR: join(home, '.claude'),
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        DISABLE_AUTOUPDATER: '1',
        DISABLE_ERROR_REPORTING: '1',
        DISABLE_TELEMETRY: '1',
      },
    };
  },
  finalText(stdout) {
    const { result }: { result?: unknown } = JSON.parse(stdout);
    return String(result);
  },
};

/** The program of this machine, which its package's install script would only have copied. */
function programIn(programs: string): string {
  const find = createRequire(join(programs, 'node_modules/@anthropic-ai/claude-code/package.json'));
  const { platform, arch } = process;
  for (const libc of ['', '-musl']) {
    try {
      const found = find.resolve(`@anthropic-ai/claude-code-${platform}-${arch}${libc}/package.json`);
      return join(found, '..', platform === 'win32' ? 'claude.exe' : 'claude');
    } catch {}
  }
  throw new Error(`there is no Claude Code for ${platform} on ${arch}`);
}
