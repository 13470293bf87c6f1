import { CommandFailed, type FailedFacts } from '../command-failed.ts';
import { EXIT_OF_FAILURE, type ExitCode, exitOfStatus, isFailureCode } from '../exit-codes.ts';

/** Turns a refused call into what the person is told. Anything may stand in the body: a proxy may have written it. */
export function failureFromAnswer(status: number, body: string, requestId: string | undefined): CommandFailed {
  const problem = readObject(body);
  const code = readText(problem['code']) ?? `http_${status}`;
  const exit: ExitCode = isFailureCode(code) ? EXIT_OF_FAILURE[code] : exitOfStatus(status);
  const message =
    readText(problem['detail']) ?? readText(problem['title']) ?? `the daemon answered with status ${status}`;
  const hint = readText(problem['hint']);
  const issues = readIssues(problem['errors']);
  const id = readText(problem['request_id']) ?? requestId;
  const facts: FailedFacts = {
    code,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(issues.length === 0 ? {} : { issues }),
    ...(id === undefined ? {} : { requestId: id }),
  };
  return new CommandFailed(exit, facts);
}

function readObject(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function readIssues(value: unknown): { path: string; message: string }[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((issue: Record<string, unknown> | null) => {
    const message = readText(issue?.['message']);
    return message === undefined ? [] : [{ path: readText(issue?.['path']) ?? '', message }];
  });
}

function readText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
