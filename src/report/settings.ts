/** The configurations of runs as flat lists of settings, and their differences. */
import { flatten } from './input.js';

/** Values by dotted names. */
export type Settings = ReadonlyMap<string, string>;

/** The settings of a configuration, except those with a free-form name. */
export function settingsOf(config: object, free: RegExp): Settings {
  return new Map(flatten(config).filter(([name]) => !free.test(name)));
}

/** The names of settings in which at least two differ, in order of appearance. */
export function differingNames(all: readonly Settings[]): string[] {
  const names = new Set(all.flatMap((settings) => [...settings.keys()]));
  return [...names].filter((name) => new Set(all.map((settings) => settings.get(name))).size > 1);
}

/** A setting with both of its values, for a sentence. */
export function bothValues(name: string, a: Settings, b: Settings): string {
  return `${name} (${a.get(name) ?? 'not set'} and ${b.get(name) ?? 'not set'})`;
}

/** The settings in which one differs from some of the others, as `name=value`. */
export function distinguishing(own: Settings, others: readonly Settings[]): string[] {
  return [...own]
    .filter(([name, value]) => others.some((other) => other.get(name) !== value))
    .map(([name, value]) => `${name}=${value}`);
}
