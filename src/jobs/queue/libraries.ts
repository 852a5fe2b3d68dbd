/**
 * The two libraries behind queues. They are optional: loaded when a queue is opened, and named in an error if they are
 * missing.
 */
import { type PgBoss } from 'pg-boss';
import { WeftError } from '../../errors.js';
import { lockFolder, openDatabase } from './embedded.js';
import { type Location, redact } from './location.js';

export interface Engine {
  readonly boss: PgBoss;
  /** Runs a single SQL statement. */
  sql(text: string, values?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export interface EngineOptions {
  /** Number of connections to a shared database. */
  readonly connections?: number;
  /** Called with engine messages that have no other recipient, without passwords. */
  readonly onTrouble?: (message: string) => void;
}

/** The schema of all tables. */
export const SCHEMA = 'weft';
/** How often the engine looks for jobs of dead workers. */
const MONITOR_SECONDS = 5;

/** Opens the engine of a queue; an embedded one is exclusive to this process until it is closed. */
export async function openEngine(
  location: Location,
  { connections = 4, onTrouble = () => {} }: EngineOptions = {},
): Promise<Engine> {
  const library = await load(() => import('pg-boss'), 'pg-boss@12.27.0');
  const common = {
    schema: SCHEMA,
    superviseIntervalSeconds: MONITOR_SECONDS,
    monitorIntervalSeconds: MONITOR_SECONDS,
    schedule: false,
  };
  const begin = async (boss: PgBoss, end: () => Promise<void>): Promise<Engine> => {
    boss.on('error', (error) =>
      onTrouble(redact(error.message || String((error as { code?: string }).code), location)),
    );
    boss.on('warning', ({ message }) => onTrouble(redact(message, location)));
    try {
      await boss.start();
    } catch (error) {
      await end();
      throw error;
    }
    const database = (
      boss as unknown as {
        getDb(): {
          executeSql(text: string, values?: readonly unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
        };
      }
    ).getDb();
    return { boss, sql: async (text, values) => (await database.executeSql(text, values)).rows, close: end };
  };
  if (location.kind === 'postgres') {
    const boss = new library.PgBoss({
      ...common,
      connectionString: location.url,
      max: connections,
      application_name: 'weft',
    });
    return begin(boss, () => boss.stop({ graceful: false }).catch(() => {}));
  }
  const { PGlite } = await load(() => import('@electric-sql/pglite'), '@electric-sql/pglite@0.5.16');
  const lock = await lockFolder(location, onTrouble);
  try {
    return await openDatabase(location, async (path) => {
      const database = await PGlite.create(path);
      const db = guarded(library.fromPglite(database), lock.check);
      const boss = new library.PgBoss({ ...common, db, backend: 'pglite' });
      return begin(boss, async () => {
        await boss.stop({ graceful: false }).catch(() => {});
        await database.close().catch(() => {});
        lock.release();
      });
    });
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** A database that is no longer queried once another process has taken over its folder. */
function guarded<D extends { executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }> }>(
  database: D,
  check: () => void,
): D {
  const executeSql: D['executeSql'] = async (...statement) => {
    check();
    return database.executeSql(...statement);
  };
  return { ...database, executeSql };
}

async function load<T>(importIt: () => Promise<T>, name: string): Promise<T> {
  try {
    return await importIt();
  } catch (cause) {
    const absent =
      (cause as { code?: string }).code === 'ERR_MODULE_NOT_FOUND' &&
      (cause as Error).message.includes(name.slice(0, name.lastIndexOf('@')));
    if (!absent) throw cause;
    throw new WeftError(
      'job',
      `queues need the package ${name.slice(0, name.lastIndexOf('@'))}, which is not installed`,
      `npm install ${name}, or use --executor local, which needs nothing`,
    );
  }
}
