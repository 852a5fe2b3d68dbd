/**
 * The location of a queue: a folder for an embedded one, `postgres://…` for one shared by many machines. Passwords do
 * not leave this module.
 */
import { resolve } from 'node:path';
import { WeftError } from '../../errors.js';

export type Location =
  | { readonly kind: 'folder'; readonly path: string; readonly shown: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly shown: string };

/** Parses a --queue argument; `shown` is the form that may be printed and logged. */
export function parseLocation(text: string): Location {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return { kind: 'folder', path: resolve(text), shown: text };
  const scheme = text.slice(0, text.indexOf(':')).toLowerCase();
  if (scheme !== 'postgres' && scheme !== 'postgresql') {
    throw new WeftError(
      'job',
      `a queue cannot be at ${scheme}://…`,
      'name a folder (--queue ./queue) or a PostgreSQL database (--queue postgres://user@host/database)',
    );
  }
  const url = tryUrl(text);
  if (!url)
    throw new WeftError(
      'job',
      `the ${scheme}:// address of the queue cannot be read`,
      'write postgres://user:password@host:port/database, with special characters of the password percent-encoded',
    );
  return {
    kind: 'postgres',
    url: text,
    shown: `${scheme}://${url.username ? `${url.username}@` : ''}${url.host}${url.pathname}`,
  };
}

/** Removes the password of a location, in any notation, from a text. */
export function redact(text: string, location: Location): string {
  if (location.kind === 'folder') return text;
  const secrets = secretsOf(location.url).sort((a, b) => b.length - a.length);
  return secrets.reduce(
    (result, secret) => result.replaceAll(secret, '***'),
    text.replaceAll(location.url, location.shown),
  );
}

/** A library error in a form that may be shown: only the message of the original is kept, without the password. */
export function queueError(error: unknown, location: Location): WeftError {
  if (error instanceof WeftError) return error;
  const { code, message, errors } = error as { code?: string; message?: string; errors?: Error[] };
  const words = message || errors?.[0]?.message || String(code ?? 'unknown error');
  return new WeftError(
    'job',
    `the queue ${location.shown}: ${redact(words, location)}`,
    HINTS[code ?? ''] ?? 'look at the log of the database',
  );
}

/** Whether an error is transient: the database is restarting, or the network is down. */
export function isPassing(error: unknown): boolean {
  if (error instanceof WeftError) return false;
  const { code = '', message = '' } = error as { code?: string; message?: string };
  return (
    PASSING.test(code) ||
    /terminat|timeout|closed|ended|not queryable|starting up|shutting down|recovery/i.test(message)
  );
}

const PASSING = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|EAI_AGAIN|57P0[123]|08|53|40)/;

const HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'no database listens there: start PostgreSQL, or check host and port',
  ENOTFOUND: 'check the name of the host',
  ETIMEDOUT: 'the host does not answer: check address, network and firewall',
  '28P01': 'check user and password; a password can also come from PGPASSWORD or ~/.pgpass',
  '28000': 'the database refuses this user: see pg_hba.conf',
  '3D000': 'create the database: `createdb NAME`',
  '42501': 'the user must be allowed to create the schema weft: `GRANT CREATE ON DATABASE NAME TO USER`',
};

function secretsOf(url: string): string[] {
  const parsed = tryUrl(url);
  const found = [
    parsed?.password,
    parsed?.searchParams.get('password'),
    /^[a-z]+:\/\/[^/@:]*:([^@/]*)@/i.exec(url)?.[1],
  ].filter((secret) => secret !== undefined && secret !== null && secret !== '') as string[];
  return [...new Set(found.flatMap((secret) => [secret, decode(secret), encodeURIComponent(secret)]))];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function tryUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
