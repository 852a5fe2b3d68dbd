/** What a failing call says: message and hint of the WeftError that it throws. */
import { WeftError } from 'weft-nas';

export function said(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof WeftError) return `${error.message} (${error.hint ?? ''})`;
    throw error;
  }
  throw new Error('the call did not fail');
}

/** What a failing promise says. */
export async function saidLater(promise: Promise<unknown>): Promise<string> {
  const outcome = await promise.then(
    () => () => {},
    (error: unknown) => () => {
      throw error;
    },
  );
  return said(outcome);
}

/** The message of any error that a call throws; empty if it throws none. */
export function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}
