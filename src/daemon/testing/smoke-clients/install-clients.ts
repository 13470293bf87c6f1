import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** Pinned: what passes today passes tomorrow. */
const PACKAGES = { '@openai/codex': '0.169.0', '@anthropic-ai/claude-code': '2.1.329' };

/** Installs the clients in a folder of their own, which is returned; they are too large to be dependencies. */
export async function installClients(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: PACKAGES }));
  await execa('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  return folder;
}
