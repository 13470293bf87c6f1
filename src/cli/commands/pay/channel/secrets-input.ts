import { wrongUsage } from '../../../command-failed.ts';
import type { Context } from '../../../context.ts';
import { toggle } from '../../../flags.ts';

/** What the API takes: by name, a list while one replaces another, null to take one away. */
export type GivenSecrets = Record<string, string | string[] | null>;

export const SECRETS_FLAGS = {
  secretsStdin: toggle('read the secrets from stdin: one JSON object, like {"key": "…"}'),
};

const BYTES_MAX = 65_536;
const HINT = 'pipe in one JSON object: {"secret_key": "sk_…", "webhook_secret": ["whsec_…", "whsec_…"]}';

/** Reads secrets by name; undefined when none were announced. What was read is in no message. */
export async function readSecrets(
  context: Context,
  { secretsStdin }: { readonly secretsStdin: boolean | undefined },
): Promise<GivenSecrets | undefined> {
  if (!secretsStdin) return undefined;
  const { stdin } = context.io;
  if (stdin.isTTY) throw wrongUsage('--secrets-stdin was given, but stdin is a terminal', HINT);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk as Buffer);
    size += bytes.length;
    if (size > BYTES_MAX) throw wrongUsage(`the secrets on stdin are longer than ${BYTES_MAX} bytes`);
    chunks.push(bytes);
  }
  return parseSecrets(Buffer.concat(chunks).toString('utf8'));
}

function parseSecrets(text: string): GivenSecrets {
  if (text.trim() === '') throw wrongUsage('the secrets are empty: nothing came from stdin', HINT);
  const parsed = asObject(text);
  if (!parsed || Object.keys(parsed).length === 0) throw wrongUsage('the secrets on stdin are no JSON object', HINT);
  for (const [name, value] of Object.entries(parsed)) {
    const isList = Array.isArray(value) && value.length > 0 && value.every((line) => typeof line === 'string');
    if (value === null || typeof value === 'string' || isList) continue;
    throw wrongUsage(`the secret ${name.slice(0, 40)} is neither a text nor a list of texts`, HINT);
  }
  return parsed as GivenSecrets;
}

/** A fault of JSON.parse would show a piece of the text, so nothing of it is passed on. */
function asObject(text: string): Record<string, unknown> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed);
    return isObject ? (parsed as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
