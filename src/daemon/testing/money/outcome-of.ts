import { Failure } from '../../../core/failure.ts';

/** The code of the Failure with which it ended, or `done`. Anything else that is thrown is a defect. */
export async function outcomeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'done';
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
}
