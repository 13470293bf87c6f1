import type { BodyOf, editUpstream } from '../../../core/contract/index.ts';
import { wrongUsage } from '../../command-failed.ts';

type ErrorRules = NonNullable<BodyOf<typeof editUpstream>['error_rules']>;

/** Reads the list as written; whether the rules make sense, the contract says. */
export async function readErrorRules(file: string): Promise<ErrorRules> {
  const [{ readFile }, { parse }] = await Promise.all([import('node:fs/promises'), import('yaml')]);
  try {
    return parse(await readFile(file, 'utf8')) as ErrorRules;
  } catch (error) {
    throw wrongUsage(`--error-rules-file ${file} cannot be read: ${(error as Error).message.split('\n')[0]}`);
  }
}
