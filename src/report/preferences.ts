/** The controller's preferences, decision by decision, in the order and with the names of the space. */
import { largestOf } from '../statistics/extremes.js';
import { type SearchSpace } from '../graph/define-space.js';
import { type Choice, isOneOf, isSubset } from '../space/choice.js';
import { type EventLog } from './event-log.js';
import { isNumber } from './format.js';

/** Decisions of one kind at different places, for example the operation of every layer. */
export interface PreferenceGroup {
  /** Path with a star where the places differ: `layers.*.op`. */
  readonly pattern: string;
  /** The same in words: `Operation (layers)`. */
  readonly title: string;
  /** For a subset, the columns are the nodes that it may include, and the probabilities those of inclusion. */
  readonly subset: boolean;
  readonly options: readonly string[];
  readonly rows: readonly PreferenceRow[];
}

export interface PreferenceRow {
  readonly path: string;
  /** The values that the star stands for. */
  readonly label: string;
  readonly probabilities: readonly number[];
}

export interface PreferenceSnapshot {
  readonly epoch: number;
  readonly groups: readonly PreferenceGroup[];
}

/** The preferences after each epoch that has any. Without the space, options are identified by index. */
export function readPreferences(log: EventLog, space?: SearchSpace): PreferenceSnapshot[] {
  const choices = new Map(space?.decisions.map(({ path, choice }) => [path, choice]));
  return log
    .all('preferences')
    .map(({ epoch, decisions }) => ({ epoch, groups: groupDecisions(decisions ?? {}, choices) }));
}

function groupDecisions(
  decisions: Readonly<Record<string, readonly (readonly number[])[]>>,
  choices: ReadonlyMap<string, Choice>,
): PreferenceGroup[] {
  const byPattern = new Map<string, [path: string, rows: readonly (readonly number[])[]][]>();
  for (const [path, rows] of Object.entries(decisions)) {
    if (!Array.isArray(rows) || !rows.every((row) => Array.isArray(row) && row.every(isNumber))) continue;
    const pattern = path.replace(/\b\d+\b/g, '*');
    byPattern.set(pattern, [...(byPattern.get(pattern) ?? []), [path, rows]]);
  }
  return [...byPattern].flatMap(([pattern, members]) => {
    const choice = choices.get(members[0]![0]);
    const subset = choice ? isSubset(choice) : members.some(([, rows]) => rows.length !== 1);
    const rows = members
      .map(([path, values]) => ({
        path,
        label: labelOf(path, pattern),
        probabilities: subset ? values.map((row) => row.at(-1)!) : [...(values[0] ?? [])],
      }))
      .filter(({ probabilities }) => probabilities.length > (subset ? 0 : 1));
    const columns = largestOf(
      rows.map(({ probabilities }) => probabilities.length),
      0,
    );
    const options =
      choice && isOneOf(choice) ? choice.options.map(String) : Array.from({ length: columns }, (_, i) => String(i));
    return rows.length > 0 ? [{ pattern, title: titleOf(pattern), subset, options, rows }] : [];
  });
}

/** Reader-friendly names of choices that spaces use. */
const WORDS: Readonly<Record<string, string>> = {
  op: 'operation',
  ops: 'operations',
  skip: 'skip connections',
  skips: 'skip connections',
  from: 'input',
  act: 'activation',
};

/** `layers.*.op` as `Operation (layers)`: what is decided, and where. */
function titleOf(pattern: string): string {
  const words = pattern
    .split('.')
    .filter((word) => word !== '*' && word !== '')
    .map((word) => WORDS[word] ?? word.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase());
  const [what = pattern] = words.slice(-1);
  const where = words.slice(0, -1).join(', ');
  return `${what.charAt(0).toUpperCase()}${what.slice(1)}${where === '' ? '' : ` (${where})`}`;
}

function labelOf(path: string, pattern: string): string {
  return pattern.includes('*') ? (path.match(/\b\d+\b/g) ?? []).join('.') : path;
}

/** Shannon entropy in nats: of a choice among options, or the sum over the flags of a subset. */
export function entropyOf(probabilities: readonly number[], subset: boolean): number {
  const term = (p: number): number => (p > 0 ? -p * Math.log(p) : 0);
  return probabilities.reduce((sum, p) => sum + term(p) + (subset ? term(1 - p) : 0), 0);
}

/** The maximum of `entropyOf`: that of a uniform choice. */
export function maximalEntropy(count: number, subset: boolean): number {
  return subset ? count * Math.LN2 : Math.log(count);
}
