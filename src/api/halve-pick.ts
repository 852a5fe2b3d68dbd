/** The measure by which the candidates of a halving are compared, and which of them may win. */
import { WeftError } from '../errors.js';
import { type Standing } from '../search/halving.js';
import { objectiveOf, trainedMeasure } from '../search/objective.js';
import { parsePick } from '../search/pick.js';
import { optionsOf, type SearchParts } from '../search/session.js';
import { namedEnergies, namedLatencies, pickable, pickNetworks } from './pick-networks.js';

/** The measure by which candidates are compared, and the scores that a strategy learns from. */
export function comparison({ data, config }: SearchParts): {
  readonly measure: 'accuracy' | 'loss';
  readonly reward: (score: number) => number;
} {
  const objective = objectiveOf(data, config.search);
  // Trained networks are compared by accuracy, whatever the reward of a search is.
  if (trainedMeasure(objective, data.task) === 'accuracy')
    return { measure: 'accuracy', reward: (score) => Math.max(0, score) };
  // Multi-label search is rewarded by F1 on batches; trained networks are nevertheless compared by their loss.
  if (objective.measure !== 'loss') return { measure: 'loss', reward: (score) => Math.exp(score) };
  return { measure: 'loss', reward: (score) => objective.reward({ accuracy: null, loss: -score }) };
}

/** The candidates that may win, in the same order. */
export type Picking = (standings: readonly Standing[]) => Standing[];

/**
 * Parses the conditions. Throws WeftError('config') for an invalid one, and for one on a quality that candidates are
 * not compared by.
 */
export function pickingIn(
  parts: SearchParts,
  { pick, latencyTable }: { readonly pick?: string | undefined; readonly latencyTable?: string | undefined },
): Picking {
  const { config, data, space: factory } = parts;
  const own = pickable(parts);
  const conditions =
    pick === undefined
      ? []
      : parsePick(
          pick,
          own.map(({ name }) => name),
        );
  const { measure } = comparison(parts);
  const other = measure === 'accuracy' ? 'loss' : 'accuracy';
  const wrong = conditions.find(({ name }) => name === other);
  if (wrong)
    throw new WeftError(
      'config',
      `the condition ${wrong.text}: these candidates are compared by their ${measure}`,
      `give a condition on ${measure}, or on what networks cost`,
    );
  if (latencyTable === undefined && conditions.some(({ name }) => name === 'latency'))
    throw new WeftError(
      'config',
      'a condition on latency needs the latencies of a device',
      'name their table: --latency-table FILE, by weft latency write',
    );
  const space = factory.create(optionsOf(config.space), data.task);
  const latencies = latencyTable === undefined ? undefined : namedLatencies(space, latencyTable);
  const energies = conditions.some(({ name }) => name === 'energy') ? namedEnergies(space, config.limits) : undefined;
  const tables = { latencies, energies };
  const remedy = 'loosen the condition, start with more candidates, or halve within it as a limit (limits.…)';
  return (standings) => {
    const candidates = standings.map((one) => ({
      ...one,
      ...(measure === 'accuracy' ? { accuracy: one.score } : { loss: -one.score }),
    }));
    const met = new Set(pickNetworks(candidates, conditions, { space, tables, own, remedy }));
    return standings.filter((_, i) => met.has(candidates[i]!));
  };
}
