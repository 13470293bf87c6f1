import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from './client.ts';

export const codexCli: Client = {
  name: 'codex',
  models: ['gpt-5.5', 'unknown-model'],
  async prepare({ url, key, model, usesWebSocket, home, programs }, ask) {
    const codexHome = join(home, '.codex');
    await mkdir(codexHome, { recursive: true });
    const config = [
      `model = "${model}"`,
      'model_provider = "realms"',
      'model_reasoning_effort = "high"',
      'model_reasoning_summary = "auto"',
      'approval_policy = "never"',
      'check_for_update_on_startup = false',
      '[analytics]',
      'enabled = false',
      '[model_providers.realms]',
      'name = "Realms"',
      `base_url = "${url}/v1"`,
      'wire_api = "responses"',
      'env_key = "REALMS_KEY"',
      `supports_websockets = ${usesWebSocket}`,
    ];
    await writeFile(join(codexHome, 'config.toml'), `${config.join('\n')}\n`);
    return {
      program: join(programs, 'node_modules/.bin/codex'),
      // The only command that runs is the one that the fake model names; its own sandbox is not everywhere possible.
      args: ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', ask],
      env: { CODEX_HOME: codexHome, REALMS_KEY: key },
    };
  },
  finalText: (stdout) => stdout.trim(),
};
