/** Groups runs by configuration: configurations that are compared, and pairs of runs that are otherwise identical. */
import { WeftError } from '../../errors.js';
import { lookUp, type ReportInput } from '../input.js';
import { dataOf } from '../seeds/runs.js';
import { differingNames, distinguishing, type Settings, settingsOf } from '../settings.js';

/** A finished run, read with its space. */
export interface ComparedRun {
  readonly path: string;
  readonly input: ReportInput;
}

/**
 * Runs of one configuration, which differ in their seeds, and also in settings shared with other groups when a single
 * setting is compared.
 */
export interface Configuration {
  /** Distinguishes it from the others, for example `sam`. */
  readonly name: string;
  readonly runs: readonly ComparedRun[];
}

export interface Configurations {
  readonly all: readonly Configuration[];
  /** The settings in which configurations differ, with the value of each. */
  readonly settings: readonly { readonly name: string; readonly values: readonly (string | undefined)[] }[];
}

/** Settings that do not affect results, and the seed itself. */
const FREE = /^(seed|recipe|name|backend|checkpoint\b.*|logEvery)$/;

/**
 * Groups runs by the settings in which they differ, in the order in which they are given; with `by`, by the settings
 * whose path contains these consecutive names (`optimizer`, `search.batchSize`); all others have to agree only within a
 * pair. Throws WeftError('run') if runs were trained on different data, or do not differ.
 */
export function configurationsOf(runs: readonly ComparedRun[], by?: string): Configurations {
  requireSameData(runs);
  const differing = differingNames(runs.map(settings));
  const compared = by === undefined ? differing : differing.filter((name) => `.${name}.`.includes(`.${by}.`));
  if (compared.length === 0)
    throw new WeftError(
      'run',
      by === undefined ? `these ${runs.length} runs differ only in their seeds` : `these runs do not differ in '${by}'`,
      differing.length === 0
        ? 'weft report RUN RUN… shows the seeds of one search; add runs of another configuration to compare with'
        : `they differ in ${differing.join(', ')}`,
    );
  const groups = new Map<string, ComparedRun[]>();
  for (const run of runs) {
    const key = JSON.stringify(compared.map((name) => settings(run).get(name) ?? null));
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  const members = [...groups.values()];
  const names = namesOf(members, compared);
  return {
    all: members.map((group, i) => ({ name: names[i]!, runs: group })),
    settings: compared.map((name) => ({ name, values: members.map(([first]) => settings(first!).get(name)) })),
  };
}

export const seedOf = ({ input }: ComparedRun): number => Number(lookUp(input.manifest, 'seed'));

/**
 * Runs with the same key, one of each configuration, form a pair: the key is the seed, the test examples, and every
 * setting that is not compared.
 */
export function pairKey(run: ComparedRun, compared: readonly string[]): string {
  const others = [...settings(run)].filter(([name]) => !compared.includes(name));
  const test = lookUp(run.input.manifest, 'facts', 'data', 'splits', 'test', 'content') ?? null;
  return JSON.stringify([seedOf(run), test, others]);
}

const settings = ({ input }: ComparedRun): Settings => settingsOf(input.config, FREE);

/** Runs tested on different data cannot be compared. */
function requireSameData(runs: readonly ComparedRun[]): void {
  const [first] = runs;
  const other = runs.find(({ input }) => dataOf(input) !== dataOf(first!.input));
  if (other)
    throw new WeftError(
      'run',
      `${other.path} and ${first!.path} were trained on different data`,
      'compare runs with the same data: results on different data are not comparable',
    );
}

/**
 * The names given to the runs, if they distinguish the configurations; otherwise the names of the differing settings,
 * extended if those coincide.
 */
function namesOf(groups: readonly (readonly ComparedRun[])[], compared: readonly string[]): string[] {
  const given = groups.map((runs) => [...new Set(runs.map(({ input }) => String(lookUp(input.manifest, 'name'))))]);
  if (given.every((names) => names.length === 1) && distinct(given.map(([name]) => name!))) return given.flat();
  const facts = groups.map(([first]) => {
    const all = settings(first!);
    return new Map(compared.map((name) => [name, all.get(name) ?? 'none'] as const));
  });
  const titles = compared.filter((name) => /(^|\.)name$/.test(name));
  const enough = titles.find((name) => distinct(facts.map((one) => one.get(name)!)));
  if (enough !== undefined) return facts.map((one) => one.get(enough)!);
  const named = facts.map((one) => [...new Set(titles.map((name) => one.get(name)!))].join(' '));
  return facts.map((one, i) => {
    const rivals = facts.filter((other, k) => other !== one && named[k] === named[i]);
    const rest = new Map(
      [...one].filter(([name]) => !titles.includes(name)).map(([name, value]) => [short(name), value]),
    );
    const others = rivals.map((rival) => new Map([...rival].map(([name, value]) => [short(name), value])));
    return [named[i]!, ...distinguishing(rest, others)].filter(Boolean).join(' ');
  });
}

const distinct = (names: readonly string[]): boolean => new Set(names).size === names.length;

/** The last name of a path, by which readers know a setting. */
const short = (name: string): string => name.slice(name.lastIndexOf('.') + 1);
