/** Changes of a training's problem, and how its outcome must follow. */
import { expect } from 'chai';
import { LAST_LAYERS } from '../../src/chain/transforms/muon-groups.js';
import { mapNamed, type NamedTensors } from '../../src/tensor/named.js';
import { tf, tidy, type Tensor } from '../../src/tensor/tf.js';
import { values } from '../optimizers/problems.js';
import { examplesAt, type Outcome, type Setup } from './runs.js';

export interface Relation {
  readonly name: string;
  /** The changed problem; inside a tidy. */
  change(setup: Setup): Setup;
  /**
   * The moves of the changed training under the names and in the order of the plain one; may check more of the outcome.
   */
  restore?(changed: Outcome, plain: Outcome, setup: Setup): Outcome['moves'];
  /** Whether they agree bit for bit. */
  readonly exact?: boolean;
}

/** Names of relations that exceptions refer to. */
export const ORDER_OF_EXAMPLES = 'the order of the examples';
export const REPETITION = 'how often the whole batch is repeated';
export const ORDER_OF_CLASSES = 'the order of the classes';
export const DEAD_BRANCH = 'weights off its path';
export const NAMES = 'the names of the parameters';

/** Of six examples. */
const SHUFFLED = [3, 0, 5, 1, 4, 2];
const TWICE = [0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5];

/** Class i becomes class CLASSES[i]; not an involution, so that taking the inverse for it cannot pass. */
const CLASSES = [1, 2, 0];
/** The axis of a weight that runs over classes, where it is one of the head. */
const axisOfClasses = (parameter: string): number | undefined =>
  /(^|\/)classifier\/(dense\/)?kernel$/.test(parameter)
    ? 1
    : /(^|\/)(classifier\/(dense\/)?bias|embedding\/(table|bias))$/.test(parameter)
      ? 0
      : undefined;
/** Head weights whose class i is what was class places[i]. */
const withClasses = (named: NamedTensors, places: readonly number[]): NamedTensors =>
  mapNamed(named, (tensor, name) => {
    const axis = axisOfClasses(name);
    return axis === undefined ? tf.clone(tensor) : tf.gather(tensor, tf.tensor1d([...places], 'int32'), axis);
  });
const relabelled = (ids: Tensor): Tensor => tf.gather(tf.tensor1d(CLASSES, 'int32'), ids as tf.Tensor1D);

const DEAD = ['a/dead/kernel', 'z/dead/bias'];

const backwards = (path: string): string =>
  path
    .split('/')
    .map((part) => (LAST_LAYERS.includes(part) ? part : [...part].reverse().join('')))
    .join('/');
/** Another name, but for the layers that an option of Muon knows by how their names begin. */
const renamed = (parameter: string): string => `${backwards(parameter)}/other`;
const original = (parameter: string): string => backwards(parameter.slice(0, -'/other'.length));
const renameAll = <T>(named: Readonly<Record<string, T>>, to: (name: string) => string): Record<string, T> =>
  Object.fromEntries(Object.entries(named).map(([name, value]) => [to(name), value]));

/** The key of a state with the names of parameters in it replaced. */
function renamedKey(key: string, parameters: readonly string[]): string {
  const found = parameters.filter((parameter) => key.endsWith(`/${parameter}`)).sort((a, b) => b.length - a.length)[0];
  return found === undefined ? key : key.slice(0, -found.length) + renamed(found);
}

export const RELATIONS: readonly Relation[] = [
  {
    name: ORDER_OF_EXAMPLES,
    change: (setup) => ({ ...setup, batch: examplesAt(setup.batch, SHUFFLED) }),
  },
  {
    name: REPETITION,
    change: (setup) => ({ ...setup, batch: examplesAt(setup.batch, TWICE) }),
  },
  {
    name: ORDER_OF_CLASSES,
    change: ({ parameters, batch, ...setup }) => ({
      ...setup,
      parameters: withClasses(
        parameters,
        CLASSES.map((_, i) => CLASSES.indexOf(i)),
      ),
      batch: {
        inputs: batch.inputs.dtype === 'int32' ? relabelled(batch.inputs) : batch.inputs,
        labels: relabelled(batch.labels),
      },
    }),
    restore: ({ moves }, _, { parameters }) => {
      expect(
        Object.keys(parameters).filter((name) => axisOfClasses(name) !== undefined),
        'weights of the head',
      ).to.have.length(2);
      return tidy(() =>
        values(
          withClasses(
            mapNamed(parameters, ({ shape }, name) => tf.tensor(moves[name]!, shape)),
            CLASSES,
          ),
        ),
      );
    },
  },
  {
    name: DEAD_BRANCH,
    exact: true,
    change: (setup) => ({
      ...setup,
      parameters: { [DEAD[0]!]: tf.ones([3, 2]), ...setup.parameters, [DEAD[1]!]: tf.ones([4]) },
    }),
    restore: ({ moves, state, losses }, plain) => {
      for (const dead of DEAD)
        expect(
          moves[dead]!.every((move) => move === 0),
          `${dead} rests`,
        ).to.equal(true);
      const isDead = ([key]: [string, unknown]): boolean => DEAD.some((dead) => key.includes(dead));
      // When to look at curvature is asked before the loss has said what it depends on: a schedule may count what
      // rests, a tensor must not be kept.
      for (const [key, kept] of Object.entries(state).filter(isDead)) expect(kept, key).to.be.a('number');
      const others = Object.entries(state).filter((entry) => !isDead(entry));
      expect(Object.fromEntries(others), 'the state of the others').to.deep.equal(plain.state);
      expect(losses).to.deep.equal(plain.losses);
      return Object.fromEntries(Object.entries(moves).filter(([name]) => !DEAD.includes(name)));
    },
  },
  {
    name: NAMES,
    exact: true,
    change: (setup) => ({
      ...setup,
      parameters: renameAll(setup.parameters, renamed),
      roleOf: (parameter) => setup.roleOf(original(parameter)),
      child: {
        forward: (parameters, statistics, x, mode) =>
          setup.child.forward(renameAll(parameters, original), statistics, x, mode),
      },
    }),
    restore: ({ moves, state }, plain) => {
      const parameters = Object.keys(plain.moves);
      const expected = Object.keys(plain.state).map((key) => renamedKey(key, parameters));
      expect(Object.keys(state), 'keys of the state').to.have.length(expected.length);
      const own = expected.filter((key) => parameters.some((parameter) => key.endsWith(renamed(parameter))));
      expect(Object.keys(state), 'keys of the state follow the names').to.include.members(own);
      return renameAll(moves, original);
    },
  },
];
