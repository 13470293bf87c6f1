import { configKeys, configSpec, isConfigKey } from './config-keys.ts';
import { configText } from './config-text.ts';
import { envNameOf } from './env-names.ts';

const HEAD = `# Every key with its default. The environment wins over this file: ${envNameOf('relay.attempts_max')}=3.
# Keys marked "live" can also be changed while Realms runs: realms settings set relay.attempts_max 3
`;

/** The text of config.example.yaml: every key, its default and one line that says what it is. */
export function exampleConfig(): string {
  let sections: readonly string[] = [];
  let text = HEAD;
  for (const key of Object.keys(configKeys)) {
    if (!isConfigKey(key)) continue;
    const spec = configSpec(key);
    const path = key.split('.');
    const name = path.pop() ?? '';
    const known = path.findIndex((section, depth) => section !== sections[depth]);
    if (known >= 0) {
      const opened = path.slice(known).map((section, depth) => `${'  '.repeat(known + depth)}${section}:\n`);
      text += `${known === 0 ? '\n' : ''}${opened.join('')}`;
    }
    sections = path;
    const indent = '  '.repeat(path.length);
    const choices = spec.type === 'choice' ? ` One of ${spec.values.join(', ')}.` : '';
    text += `${indent}# ${spec.doc}${choices}${spec.runtime ? ' (live)' : ''}\n${indent}${name}: ${yamlValue(spec.default)}\n`;
  }
  return text;
}

function yamlValue(value: Parameters<typeof configText>[0]): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  // JSON is YAML, and its quotes leave no text to be taken for something else.
  if (Array.isArray(value)) return `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
  return JSON.stringify(configText(value));
}
