import type { CommandFailed } from '../command-failed.ts';
import type { Format } from './render.ts';

/** What stderr shows when a command fails: what failed, where, what to do; or the same as one JSON object. */
export function reportFailure(failed: CommandFailed, format: Format): string {
  const { code, message, hint, param, issues, requestId } = failed.facts;
  if (format === 'json' || format === 'jsonl') {
    const problem = {
      code,
      detail: message,
      hint,
      param,
      errors: issues,
      request_id: requestId,
      exit_code: failed.exit,
    };
    return `${JSON.stringify(problem)}\n`;
  }
  const lines = [`realms: ${message}`];
  for (const issue of issues ?? []) lines.push(`  ${issue.path}${issue.path ? ': ' : ''}${issue.message}`);
  if (hint) lines.push(`hint: ${hint}`);
  if (requestId) lines.push(`request: ${requestId}`);
  return lines.map((line) => `${line.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd')}\n`).join('');
}
