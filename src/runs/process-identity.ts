/**
 * Identifies processes over time and across containers: process ids are reused, and every PID namespace has its own, so
 * that start time, namespace, boot and host belong to the identity.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { sha256 } from './json.js';

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to the process's start, or '' if the system does not report it. */
  readonly started: string;
  /** Random boot id of the running kernel; '' if there is none. */
  readonly boot: string;
  readonly host: string;
  /** Linux's name of the namespace in which `pid` is valid; '' on other systems, undefined in files of version 0.1. */
  readonly namespace?: string;
}

export const thisProcess = (): Required<ProcessIdentity> => ({
  pid: process.pid,
  started: processStat(process.pid)?.started ?? '',
  boot: readSystemFile('/proc/sys/kernel/random/boot_id')?.trim() ?? '',
  host: hostname(),
  namespace: readLink('/proc/self/ns/pid') ?? '',
});

/** The state of another process as seen from here: `unknown` if its id belongs to another container or machine. */
export type Standing = 'alive' | 'gone' | 'unknown';

/** `gone` only if the process certainly is: no such process in its namespace, or a younger one with its id. */
export function standingOf(other: ProcessIdentity): Standing {
  const here = thisProcess();
  // Version 0.1 identified machines by host name alone, and held its locks without a heartbeat.
  if (other.namespace === undefined) {
    if (other.host !== here.host) return 'alive';
    if (other.boot !== here.boot) return 'gone';
  } else if (!sharesIds(other, here)) return 'unknown';
  if (!processExists(other.pid)) return 'gone';
  const stat = processStat(other.pid);
  if (!stat) return 'alive';
  return GONE.has(stat.state) || (other.started !== '' && stat.started !== other.started) ? 'gone' : 'alive';
}

/** Short name of the namespace in which this process's id is valid; it differs between containers and between boots. */
export function placeOfIds(): string {
  if (place === undefined) {
    const { boot, namespace, host } = thisProcess();
    place = sha256(JSON.stringify([boot, namespace, boot === '' ? host : ''])).slice(0, 8);
  }
  return place;
}

let place: string | undefined;

/** Whether a process currently has this id here. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether both ids belong to the same namespace of the same kernel. A Linux without a boot id is never certain. */
function sharesIds(a: ProcessIdentity, b: ProcessIdentity): boolean {
  if (a.boot !== b.boot || a.namespace !== b.namespace) return false;
  return a.boot !== '' || (process.platform !== 'linux' && a.host === b.host);
}

/** Exited, but not yet reaped by its parent. */
const GONE = new Set(['Z', 'X']);

/**
 * Fields 3 and 22 of /proc/PID/stat (the command before them may hold spaces and brackets), if /proc uses the same
 * namespace as this process.
 */
function processStat(pid: number): { state: string; started: string } | undefined {
  if (readLink('/proc/self') !== String(process.pid)) return undefined;
  const stat = readSystemFile(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0]!, started: fields[19]! };
}

/** The file's content, or undefined on systems without it. */
const readSystemFile = (path: string): string | undefined => orUndefined(() => readFileSync(path, 'utf8'));
const readLink = (path: string): string | undefined => orUndefined(() => readlinkSync(path));

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
