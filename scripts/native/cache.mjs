/**
 * The cache outside the checkout that spares a second clone the download. An entry is a folder with the `deps` and `lib`
 * of @tensorflow/tfjs-node; it appears under its name only when it is whole.
 */
import { access, constants, mkdir, rename, rm, stat, utimes, writeFile, readFile } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const BEAT_SECONDS = 2;
const DEAD_AFTER_SECONDS = 15;

/** The user's cache folder for Weft, or, where that cannot be written, `fallback`. */
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

/** Runs `work` while no other process does; a lock whose holder died is taken over. */
export async function withLock(cache, say, work) {
  const lock = join(cache, 'lock');
  let waited = false;
  while (!(await writeFile(lock, String(process.pid), { flag: 'wx' }).then(() => true, refuseUnlessHeld))) {
    const age = await stat(lock).then(
      (file) => (Date.now() - file.mtimeMs) / 1000,
      () => 0,
    );
    if (age > DEAD_AFTER_SECONDS) await rm(lock, { force: true });
    else if (!waited) say('waiting for another set-up that is at work');
    waited = true;
    await sleep(500);
  }
  heldLock = lock;
  const beat = setInterval(() => void utimes(lock, new Date(), new Date()).catch(() => {}), BEAT_SECONDS * 1000);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    releaseLock();
  }
}

function refuseUnlessHeld(error) {
  if (error.code === 'EEXIST') return false;
  throw error;
}

/** Also called when the process is told to stop. */
export function releaseLock() {
  if (heldLock) rmSync(heldLock, { force: true });
  heldLock = undefined;
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
