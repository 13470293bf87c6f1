import { wrongUsage } from '../command-failed.ts';

/** An edit that changes nothing is a mistake of the person, not a success. */
export function requireChange<T extends object>(body: T): T {
  if (Object.keys(body).length === 0)
    throw wrongUsage('nothing to change was given', 'see --help for what can be changed');
  return body;
}
