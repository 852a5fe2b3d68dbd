/** Each backend is tried in a separate process: a broken native library can end the process that loads it. */
import { fork } from 'node:child_process';
import { programFile } from '../runs/program-file.js';
import { BACKENDS, type BackendDescription, type BackendName } from '../tensor/backend.js';
import { type DoctorRow } from './row.js';

/** What the probe sends back. */
export type ProbeReport = { loaded: BackendDescription } | { reason: string; remedy: string | undefined };

const TIMEOUT_MS = 60_000;

/** A row for each backend, and one for the choice that Weft would make. */
export async function examineBackends(): Promise<DoctorRow[]> {
  const reports = await Promise.all(BACKENDS.map((name) => probe(name)));
  const best = BACKENDS.find((_, i) => 'loaded' in reports[i]!);
  return [
    ...BACKENDS.map((name, i) => row(name, reports[i]!)),
    best
      ? { topic: 'backend', status: 'ok', detail: `${best} is used unless --backend or WEFT_BACKEND names another` }
      : { topic: 'backend', status: 'missing', detail: 'none loads', remedy: 'reinstall: npm ci' },
  ];
}

function row(name: BackendName, report: ProbeReport): DoctorRow {
  const topic = `backend ${name}`;
  if ('loaded' in report) {
    const { library, threads } = report.loaded;
    return { topic, status: 'ok', detail: `${library}, ${threads} ${threads === 1 ? 'thread' : 'threads'}` };
  }
  return { topic, status: 'missing', detail: report.reason, ...(report.remedy && { remedy: report.remedy }) };
}

/** Loads the backend in a child process and computes with it. */
export function probe(name: string): Promise<ProbeReport> {
  const child = fork(programFile('doctor/probe'), [name], { silent: true, timeout: TIMEOUT_MS, killSignal: 'SIGKILL' });
  let report: ProbeReport | undefined;
  let lastWords = '';
  child.stderr!.on('data', (text: Buffer) => (lastWords = `${lastWords}${text.toString()}`.slice(-2000)));
  child.on('message', (message: ProbeReport) => (report = message));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ reason: error.message, remedy: undefined }));
    child.once('close', (code, signal) => {
      const error = lastWords.split('\n').find((line) => /error/i.test(line));
      const reason = `the process that loaded it ended with ${signal ?? `exit code ${code}`}${error ? `: ${error.trim()}` : ''}`;
      resolve(report ?? { reason, remedy: '`weft setup --force` builds it again' });
    });
  });
}
