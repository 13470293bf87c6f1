import { Failure } from './failure.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const LABEL = /^[^\p{C}]{1,100}$/u;

/**
 * A name that is typed on command lines and stands in logs and URLs.
 * @throws Failure invalid_input
 */
export function checkName(text: string, param = 'name'): string {
  if (NAME.test(text)) return text;
  throw new Failure('invalid_input', {
    message: `"${text.slice(0, 80)}" cannot be a name`,
    hint: 'up to 63 letters, digits, dots, dashes and underscores; the first is a letter or a digit',
    param,
  });
}

/**
 * A name for people: any printable text of at most 100 characters, trimmed.
 * @throws Failure invalid_input
 */
export function checkLabel(text: string, param = 'name'): string {
  const trimmed = text.trim();
  if (LABEL.test(trimmed)) return trimmed;
  throw new Failure('invalid_input', { message: 'a name has 1 to 100 printable characters', param });
}

/** What a create or rename verb throws when the name is taken. */
export function nameTaken(noun: string, name: string): Failure {
  return new Failure('already_exists', {
    message: `there is a ${noun} "${name}" already`,
    hint: `choose another name, or change that ${noun}`,
    param: 'name',
  });
}
