/**
 * Scores candidates with training-free proxies, so that a report can say how far the shared weights rank them in the
 * same way.
 */
import { type Proxy, proxyNamed } from '../proxies/index.js';
import { tryScores } from '../proxies/score.js';
import { firstExamples, withBatch } from '../training/batch.js';
import { tf } from '../tensor/tf.js';
import { type SearchSession } from './session.js';
import { type Scored } from './state.js';

/** Number of training examples that networks are scored on. */
const EXAMPLES = 16;
/** Maximum number of networks scored, and the minimum for which a ranking means anything. */
const [MOST, FEWEST] = [24, 12];
/**
 * Networks per training step: scoring one with a proxy takes about half as long as a step, and all together should take
 * at most a hundredth of the run.
 */
const PER_STEP = 0.02;

/**
 * Scores distinct candidates, random ones first because they differ most, by the proxies of `derive.proxies`, on one
 * batch at the size of the search. Does nothing if the run is so short, or has so few distinct candidates, that it
 * would not be worth the time.
 */
export function scoreByProxies(session: SearchSession): void {
  const { config, data, emit, space, state } = session;
  const { proxies: names } = config.derive;
  const steps = config.search.epochs * data.train.steps + config.retrain.epochs * data.retrain.steps;
  const distinct = new Map<string, Scored>();
  for (const one of [...state.candidates.random, ...state.candidates.controller])
    if (!distinct.has(one.hash)) distinct.set(one.hash, one);
  const count = Math.min(MOST, Math.floor((PER_STEP * steps) / Math.max(1, names.length)), distinct.size);
  if (names.length === 0 || count < FEWEST || data.watched.count < EXAMPLES) return;
  const chosen = [...distinct.values()].slice(0, count);
  const proxies = names.map((name): Proxy => proxyNamed(name));
  const scores = withBatch(data.watched, 0, 0, (whole) => {
    const batch = firstExamples(whole, EXAMPLES);
    try {
      return chosen.map(({ architecture }) =>
        tryScores(space, space.decode(architecture), proxies, batch, `${config.seed}/candidates`),
      );
    } finally {
      tf.dispose([batch.inputs, batch.labels, ...(batch.weights ? [batch.weights] : [])]);
    }
  });
  for (const [place, proxy] of names.entries()) {
    // A network to which the proxy does not apply is left out.
    const known = chosen.flatMap(({ hash }, i): [string, number][] => {
      const score = scores[i]![place];
      return typeof score === 'number' ? [[hash, score]] : [];
    });
    if (known.length >= FEWEST)
      emit({ type: 'proxy-scores', proxy, examples: EXAMPLES, scores: Object.fromEntries(known) });
  }
}
