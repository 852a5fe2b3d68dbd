/**
 * The cache outside the checkout that spares a second clone the download. An entry is a folder with the `deps` and
 * `lib` of @tensorflow/tfjs-node; it appears under its name only when it is whole.
 */
import { access, constants, mkdir, rename, rm, stat, utimes, writeFile, readFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const BEAT_SECONDS = 2;
const DEAD_AFTER_SECONDS = 15;

/** The user's cache folder for Weft or, if it is not writable, `fallback`. */
export async function openCache(fallback) {
  for (const root of [join(userCache(), 'weft', 'native'), fallback]) {
    try {
      await mkdir(root, { recursive: true });
      await access(root, constants.W_OK);
      return root;
    } catch {
      // The next one, then.
    }
  }
  throw new Error(`neither the user's cache folder nor ${fallback} can be written`);
}

function userCache() {
  if (process.env.XDG_CACHE_HOME) return process.env.XDG_CACHE_HOME;
  if (process.platform === 'win32') return process.env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local');
  return process.platform === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache');
}

let heldLock;

/**
 * Runs `work` while no other process does; a lock whose holder died is taken over. Whether the holder lives is told by
 * whether the lock changes while we look: what the clock says of its age is nothing to go by, because clocks are set
 * and differ on shared folders.
 */
export async function withLock(cache, say, work, deadAfterSeconds = DEAD_AFTER_SECONDS) {
  const lock = join(cache, 'lock');
  const mine = `${process.pid} ${randomUUID()}`;
  let seen;
  let seenAt = 0;
  while (!(await writeFile(lock, mine, { flag: 'wx' }).then(() => true, refuseUnlessHeld))) {
    const now = await signOfLife(lock);
    if (seen === undefined) say('waiting for another set-up that is in progress');
    if (now !== seen) [seen, seenAt] = [now, performance.now()];
    else if (performance.now() - seenAt > deadAfterSeconds * 1000) await rm(lock, { force: true });
    await sleep(500);
  }
  heldLock = { path: lock, content: mine };
  const beat = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => {}), BEAT_SECONDS * 1000);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    releaseLock();
  }
}

/** A value that changes as long as the holder of a lock is alive. */
async function signOfLife(lock) {
  const [content, file] = await Promise.all([readFile(lock, 'utf8'), stat(lock)]).catch(() => ['', undefined]);
  return `${content} ${file?.mtimeMs}`;
}

function refuseUnlessHeld(error) {
  if (error.code === 'EEXIST') return false;
  throw error;
}

/** Also called when the process is told to stop; a lock that was taken over meanwhile is left to its holder. */
export function releaseLock() {
  if (!heldLock) return;
  const { path, content } = heldLock;
  heldLock = undefined;
  try {
    if (readFileSync(path, 'utf8') === content) rmSync(path, { force: true });
  } catch {
    // It is gone.
  }
}

/** What an entry says about itself, or undefined when there is none. */
export function readEntry(cache, key) {
  return readFile(join(cache, key, 'ready.json'), 'utf8')
    .then(JSON.parse)
    .catch(() => undefined);
}

/** Makes an entry with `make(staging) -> description`; nothing of a failed or interrupted try stays. Needs the lock. */
export async function makeEntry(cache, key, make) {
  const staging = join(cache, 'staging');
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging);
  try {
    const description = await make(staging);
    await writeFile(join(staging, 'ready.json'), JSON.stringify(description));
    await rm(join(cache, key), { recursive: true, force: true });
    await rename(staging, join(cache, key));
    return description;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
