/** Telling processes apart over time: ids are used again, so that start time, boot and host belong to the name. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to the process's start, or '' where the system does not tell. */
  readonly started: string;
  readonly boot: string;
  readonly host: string;
}

export const thisProcess = (): ProcessIdentity => ({
  pid: process.pid,
  started: processStat(process.pid)?.started ?? '',
  boot: readSystemFile('/proc/sys/kernel/random/boot_id')?.trim() ?? '',
  host: hostname(),
});

/** False only if the process is certainly gone: another boot of this machine, no such process, or a younger one with its id. */
export function mayBeAlive({ pid, started, boot, host }: ProcessIdentity): boolean {
  const here = thisProcess();
  if (host !== here.host) return true;
  if (boot !== here.boot || !processExists(pid)) return false;
  const stat = processStat(pid);
  if (!stat) return true;
  return !GONE.has(stat.state) && (started === '' || stat.started === started);
}

/** Whether some process on this machine has this id now. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Ended, but not yet asked for by its parent. */
const GONE = new Set(['Z', 'X']);

/** Fields 3 and 22 of /proc/PID/stat; the command before them may hold spaces and brackets. */
function processStat(pid: number): { state: string; started: string } | undefined {
  const stat = readSystemFile(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0]!, started: fields[19]! };
}

/** The file's content, or undefined on systems without it. */
function readSystemFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
