/** A PostgreSQL of the test's own on loopback, from the system's packages; nothing that runs already is touched. */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Postgres {
  readonly url: string;
  readonly password: string;
  start(): void;
  /** As a crash would. */
  stop(): void;
  remove(): void;
  /** Processor seconds that the server and its open sessions have used. */
  processorSeconds(): number;
}

/** Where the server's programs are, or why there are none. */
function programs(): string | undefined {
  const packaged = '/usr/lib/postgresql';
  const folders = existsSync(packaged)
    ? readdirSync(packaged)
        .sort((a, b) => Number(b) - Number(a))
        .map((version) => join(packaged, version, 'bin'))
    : [];
  return [...folders, ...(process.env['PATH'] ?? '').split(':')].find((folder) => existsSync(join(folder, 'initdb')));
}

/**
 * Starts a fresh server on loopback, and on further addresses if there are any; undefined if there is none to start, or
 * no user to run it as.
 */
export async function startPostgres(addresses: readonly string[] = []): Promise<Postgres | undefined> {
  const bin = programs();
  if (!bin) return undefined;
  const root = process.getuid?.() === 0;
  const ids = root ? userIds() : undefined;
  if (root && !ids) return undefined;
  const data = mkdtempSync(join(tmpdir(), 'weft-postgres-'));
  if (ids) chownSync(data, ids.uid, ids.gid);
  const as = { ...ids, cwd: data, stdio: 'pipe' as const, env: { PATH: process.env['PATH'], LC_ALL: 'C' } };
  const run = (program: string, ...args: string[]) => execFileSync(join(bin, program), args, as);
  const password = 'geheim-s3cret+pässwort';
  run(
    'initdb',
    '-D',
    join(data, 'db'),
    '-U',
    'weft',
    '--auth-host=scram-sha-256',
    '--auth-local=trust',
    '-E',
    'UTF8',
    '--no-sync',
  );
  for (const address of addresses)
    appendFileSync(join(data, 'db', 'pg_hba.conf'), `host all all ${address}/24 scram-sha-256\n`);
  const port = await freePort();
  const start = (): void =>
    void execFileSync(
      join(bin, 'pg_ctl'),
      [
        '-D',
        join(data, 'db'),
        '-w',
        '-l',
        join(data, 'log'),
        '-o',
        `-p ${port} -c listen_addresses=${['127.0.0.1', ...addresses].join(',')} -c unix_socket_directories=${data} -c fsync=off -c max_connections=200`,
        'start',
      ],
      { ...as, stdio: 'ignore' },
    );
  const stop = (): void => void spawnSync(join(bin, 'pg_ctl'), ['-D', join(data, 'db'), '-m', 'immediate', 'stop'], as);
  start();
  run(
    'psql',
    '-h',
    data,
    '-p',
    String(port),
    '-U',
    'weft',
    '-d',
    'postgres',
    '-c',
    `ALTER USER weft PASSWORD '${password}'`,
    '-c',
    'CREATE DATABASE jobs',
  );
  return {
    url: `postgres://weft:${encodeURIComponent(password)}@127.0.0.1:${port}/jobs`,
    password,
    start,
    stop,
    processorSeconds() {
      const server = readFileSync(join(data, 'db', 'postmaster.pid'), 'utf8').split('\n')[0]!;
      const stats = readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .flatMap((pid) => statOf(pid) ?? []);
      return stats
        .filter(({ pid, parent }) => pid === server || parent === server)
        .reduce((sum, { seconds }) => sum + seconds, 0);
    },
    remove() {
      stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** A server for the tests of a suite, which are skipped where no PostgreSQL is installed. */
export function postgresOf(suite: Mocha.Suite): () => Postgres {
  let postgres: Postgres | undefined;
  suite.beforeAll(async function () {
    postgres = await startPostgres();
    if (!postgres) this.skip();
  });
  suite.afterAll(() => postgres?.remove());
  return () => postgres!;
}

function statOf(pid: string): { pid: string; parent: string; seconds: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { pid, parent: fields[1]!, seconds: (Number(fields[11]) + Number(fields[12])) / 100 };
  } catch {
    return undefined; // it has ended
  }
}

/** The server refuses to run as root. */
function userIds(): { uid: number; gid: number } | undefined {
  for (const user of ['postgres', 'nobody']) {
    const { status, stdout } = spawnSync('id', ['-u', user], { encoding: 'utf8' });
    const group = spawnSync('id', ['-g', user], { encoding: 'utf8' });
    if (status === 0 && group.status === 0) return { uid: Number(stdout), gid: Number(group.stdout) };
  }
  return undefined;
}

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
