import type { ResponseOf, showRequest } from '../../../core/contract/index.ts';
import type { Cell } from '../../render/answer.ts';
import { instant, span } from '../../render/cells.ts';

type Attempt = NonNullable<ResponseOf<typeof showRequest>['decision']>['attempts'][number];
type Candidate = Attempt['candidates'][number];

/** One try: who could have served it, who was chosen, and what came of it. */
export function tellAttempt(attempt: Attempt, number: number): Cell[] {
  const answered = attempt.status === null ? 'no answer' : `status ${attempt.status}`;
  const code = attempt.error_code === null ? '' : `, ${attempt.error_code}`;
  const result = `${attempt.verdict}: ${answered}${code} after ${span(attempt.took_ms)}`;
  const chosen = attempt.chosen ?? 'nobody was left';
  return [
    {
      text: `attempt ${number}  ${chosen}, at +${span(attempt.started_ms)}`,
      tone: attempt.chosen === null ? 'bad' : 'good',
    },
    ...attempt.candidates.map((candidate) => tellCandidate(candidate, attempt.chosen)),
    ...(attempt.omitted > 0 ? [`    … and ${attempt.omitted} more`] : []),
    ...(attempt.chosen === null ? [] : [`    → ${result}`]),
    ...tellCooldown(attempt.cooldown),
  ];
}

function tellCandidate({ name, removed, score }: Candidate, chosen: string | null): Cell {
  if (removed !== null) return { text: `    - ${name}  left out: ${removed}`, tone: 'dim' };
  const mark = name === chosen ? '*' : ' ';
  return `    ${mark} ${name}${score === null ? '' : `  score ${Number(score.toFixed(4))}`}`;
}

function tellCooldown(cooldown: Attempt['cooldown']): Cell[] {
  if (cooldown === null) return [];
  const { scope, until, source, reason } = cooldown;
  return [
    { text: `    cooldown: ${scope} left alone until ${instant(until)} (${reason}, from ${source})`, tone: 'warn' },
  ];
}
