/** The runs that are being viewed, each followed from the last event read. */
import { setImmediate as breath } from 'node:timers/promises';
import { runFiles } from '../runs/index.js';
import { createDigest, type Digest } from './digest.js';
import { fileInside } from './inside-folder.js';
import { createTail } from './tail.js';

export interface Watched {
  readonly digest: Digest;
  /** Fraction of the events read so far, 1 for all. */
  readonly read: number;
  /** Changes with every event read. */
  readonly version: string;
}

export interface Watch {
  /** The state of a run after at most `milliseconds` of reading new events. */
  look(root: string, path: string, milliseconds?: number): Promise<Watched>;
}

/** Maximum number of runs followed at a time; the least recently viewed is dropped first. */
const FOLLOWED = 12;
/** Bytes read before yielding to other requests. */
const PIECE = 1 << 19;

/** Follows the events of up to twelve runs. */
export function createWatch(): Watch {
  const followed = new Map<string, ReturnType<typeof follow>>();
  return {
    look(root, path, milliseconds = 1500) {
      const one = followed.get(path) ?? follow(root, path);
      followed.delete(path);
      followed.set(path, one);
      for (const oldest of followed.keys()) {
        if (followed.size <= FOLLOWED) break;
        followed.delete(oldest);
      }
      return one(milliseconds);
    },
  };
}

function follow(root: string, path: string): (milliseconds: number) => Promise<Watched> {
  const tail = createTail();
  let digest = createDigest();
  let begun = 0;
  let busy: Promise<void> | undefined;
  const events = runFiles(path).events;
  const state = (): Watched => ({
    digest,
    read: tail.size === 0 ? 1 : tail.position / tail.size,
    version: `${begun}/${tail.position}/${tail.size}`,
  });
  const advance = async (): Promise<void> => {
    for (;;) {
      const file = fileInside(root, events.slice(root.length));
      if (!file) return;
      const step = tail.read(file, PIECE);
      if (step.restarted) {
        digest = createDigest();
        begun++;
      }
      for (const line of step.lines) digest.take(line);
      if (step.skipped) digest.take('');
      if (!step.more) return;
      await breath();
    }
  };
  return async (milliseconds) => {
    busy ??= advance().finally(() => (busy = undefined));
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([busy, new Promise((resolve) => (timer = setTimeout(resolve, milliseconds)))]);
    clearTimeout(timer);
    return state();
  };
}
