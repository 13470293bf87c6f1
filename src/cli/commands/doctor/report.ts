import type { ResponseOf, runDoctor } from '../../../core/contract/index.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Answer, Tone } from '../../render/answer.ts';

export type Check = ResponseOf<typeof runDoctor>['checks'][number];

/** One line for each check; a failed one ends the command with 1. */
export function report(checks: readonly Check[]): Answer {
  const count = (state: Check['state']) => checks.filter((check) => check.state === state).length;
  const width = Math.max(...checks.map((check) => check.name.length));
  const lines = checks.flatMap(({ name, state, detail, fix }) => [
    { text: `${WORDS[state].padEnd(4)}  ${name.padEnd(width)}  ${detail}`, tone: TONES[state] },
    ...(fix ? [{ text: `      ${' '.repeat(width)}  fix: ${fix}`, tone: 'dim' as Tone }] : []),
  ]);
  const failed = count('fail');
  return {
    data: { checks },
    view: { kind: 'text', lines: [...lines, `${failed} failed, ${count('warn')} warnings, ${count('ok')} ok`] },
    names: checks.map((check) => check.name),
    exit: failed > 0 ? EXIT.failed : EXIT.done,
  };
}

const WORDS: Readonly<Record<Check['state'], string>> = { ok: 'ok', warn: 'warn', fail: 'FAIL' };
const TONES: Readonly<Record<Check['state'], Tone>> = { ok: 'good', warn: 'warn', fail: 'bad' };
