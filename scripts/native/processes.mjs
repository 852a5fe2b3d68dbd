/** Running other programs: with a limit on time and on silence, and never left behind. */
import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const running = new Set();
const ownGroup = process.platform !== 'win32';

function kill(child) {
  try {
    if (ownGroup) process.kill(-child.pid, 'SIGKILL');
    else child.kill('SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Children live in groups of their own, so that a stop reaches their children too; ours must be passed on. */
export function stopChildrenWithUs(cleanUp) {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ]) {
    process.on(signal, () => {
      for (const child of running) kill(child);
      cleanUp();
      process.exit(code);
    });
  }
}

/**
 * Runs a program to its end and resolves to what it wrote; rejects with the line that tells why it failed.
 * `progress.measure()` counts bytes as they arrive; `progress.patience(bytes)` is how many seconds may pass without
 * more.
 */
export async function run(command, args, { cwd, env, timeoutSeconds = 60, progress } = {}) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    detached: ownGroup,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  let stopped;
  const stop = (reason) => {
    stopped ??= reason;
    kill(child);
  };
  const limit = setTimeout(() => stop(`did not end within ${timeoutSeconds} s`), timeoutSeconds * 1000);
  const watch = progress && watchProgress(progress, stop);
  try {
    const code = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (stopped) throw new Error(stopped);
    if (code !== 0) throw new Error(reasonIn(`${stdout}\n${stderr}`) ?? `${command} ended with ${code ?? 'a signal'}`);
    return stdout;
  } finally {
    running.delete(child);
    clearTimeout(limit);
    clearInterval(watch);
  }
}

function watchProgress({ measure, patience, show }, stop) {
  let bytes = 0;
  let movedAt = performance.now();
  return setInterval(async () => {
    const now = await measure().catch(() => bytes);
    if (now !== bytes) {
      bytes = now;
      movedAt = performance.now();
      show?.(bytes);
    } else if (performance.now() - movedAt > patience(bytes) * 1000) {
      stop('the download has stalled');
    }
  }, 1000);
}

/** The line of a program's output that names the error; its last line if none does. */
function reasonIn(output) {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const named = lines.find((line) => /^\w*error: |\berror: /i.test(line));
  return (named ?? lines.at(-1))?.replace(/^error: /i, '').slice(0, 200);
}

/** Bytes in all files below a folder. */
export async function bytesBelow(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(join(entry.parentPath ?? entry.path, entry.name)).then(
        (file) => file.size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** The first of the commands that runs with `--version`, if any. */
export async function firstThatRuns(commands, args = ['--version']) {
  for (const command of commands.filter(Boolean)) {
    if (
      await run(command, args, { timeoutSeconds: 20 }).then(
        () => true,
        () => false,
      )
    )
      return command;
  }
  return undefined;
}
