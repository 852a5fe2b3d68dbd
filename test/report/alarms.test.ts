import { expect } from 'chai';
import { findAlarms } from '../../src/report/alarms.js';
import { eventLog } from '../../src/report/event-log.js';
import { type SearchSpace } from '../../src/graph/define-space.js';
import { type SearchEvent } from '../../src/search/events.js';
import {
  activation,
  batchNorm,
  conv,
  defineSpace,
  dense,
  globalAveragePool,
  identity,
  oneOf,
  repeat,
  z,
} from '../../src/index.js';
import { microCnn } from '../../search-spaces/micro-cnn.js';
import { nasBench201 } from '../../search-spaces/nas-bench-201.js';
import { DIGITS, fixture } from './fixture.js';

const codes = (events: readonly SearchEvent[], space?: SearchSpace): string[] =>
  findAlarms(eventLog(events), space).map(({ code }) => code);

/** The events with those of one type changed. */
function change<T extends SearchEvent['type']>(
  events: readonly SearchEvent[],
  type: T,
  edit: (event: Extract<SearchEvent, { type: T }>) => object,
): SearchEvent[] {
  return events.map((event) =>
    event.type === type ? { ...event, ...edit(event as Extract<SearchEvent, { type: T }>) } : event,
  );
}

describe('report alarms', () => {
  const { events, space } = fixture();
  const derivedAs = (pick: (cardinality: number, slot: number) => number): SearchEvent[] =>
    change(events, 'derived', () => ({
      architecture: space.encode(space.fromGenotype(space.cardinalities.map(pick))),
    }));

  it('raise nothing in an ordinary run', () => expect(codes(events, space)).to.deep.equal([]));

  it('detect a controller that has stopped exploring', () => {
    const decided = (rows: number[][]): number[][] =>
      rows.map((row) => row.map((_, i) => (i === 0 ? 0.999 : 0.001 / (row.length - 1))));
    const collapsed = change(events, 'preferences', ({ decisions }) => ({
      decisions: Object.fromEntries(Object.entries(decisions).map(([path, rows]) => [path, decided(rows)])),
    }));
    expect(codes(collapsed)).to.deep.equal(['entropy-collapse']);
  });

  it('detect a controller that has learned nothing, once the search is over', () => {
    const uniform = change(events, 'preferences', ({ decisions }) => ({
      decisions: Object.fromEntries(
        Object.entries(decisions).map(([path, rows]) => [path, rows.map((row) => row.map(() => 1 / row.length))]),
      ),
    }));
    expect(codes(uniform)).to.deep.equal(['undecided']);
    expect(codes(uniform.filter(({ type }) => type !== 'derived'))).to.deep.equal([]);
  });

  it('detect candidates that are all the same', () => {
    expect(codes(change(events, 'derived', () => ({ distinct: 1 })))).to.deep.equal(['few-distinct']);
    expect(codes(change(events, 'derived', () => ({ distinct: 6 })))).to.deep.equal([]);
  });

  it('detect all skip connections, none, and one operation everywhere', () => {
    expect(
      codes(
        derivedAs((cardinality, slot) => (cardinality === 2 ? 1 : slot % 5)),
        space,
      ),
    ).to.deep.equal(['all-skips']);
    expect(
      codes(
        derivedAs((cardinality, slot) => (cardinality === 2 ? 0 : slot % 5)),
        space,
      ),
    ).to.deep.equal(['no-skips']);
    expect(
      codes(
        derivedAs((cardinality, slot) => (cardinality === 2 ? slot % 2 : 4)),
        space,
      ),
    ).to.deep.equal(['one-option']);
  });

  it('detect a network of only identities', () => {
    const cells = defineSpace({
      name: 'cells',
      description: '',
      options: z.strictObject({}),
      choices: () => ({ nodes: repeat(6, () => oneOf(['skip', 'conv', 'relu'])) }),
      graph(g, { nodes }) {
        let x = g.apply('stem', conv({ filters: 4, size: 1 }), g.input);
        nodes.forEach(
          (node, i) =>
            (x = g.choose(
              `node${i}`,
              node,
              { skip: identity(), conv: conv({ filters: 4, size: 3 }), relu: activation('relu') },
              x,
            )),
        );
        return g.apply(
          'classifier',
          dense({ units: 10 }),
          g.apply('pool', globalAveragePool(), g.apply('norm', batchNorm(), x)),
        );
      },
    }).create({}, DIGITS) as SearchSpace;
    const derived = (architecture: unknown): SearchEvent[] =>
      change(events, 'derived', () => ({ architecture: cells.encode(architecture) }));
    expect(codes(derived({ nodes: ['skip', 'skip', 'skip', 'skip', 'skip', 'skip'] }), cells)).to.deep.equal([
      'one-option',
      'no-weights',
      'skip-cell',
    ]);
    expect(codes(derived({ nodes: ['skip', 'relu', 'skip', 'conv', 'skip', 'skip'] }), cells)).to.deep.equal([]);
  });

  it('detect a cell that passes its inputs on, in the benchmark’s space and among several cells', () => {
    const derivedIn = (searched: SearchSpace, architecture: unknown): SearchEvent[] =>
      change(events, 'derived', () => ({ architecture: searched.encode(architecture) }));
    const cells = nasBench201.create({ filters: 2 }, DIGITS) as SearchSpace;
    expect(codes(derivedIn(cells, [['skip'], ['skip', 'skip'], ['skip', 'skip', 'skip']]), cells)).to.deep.equal([
      'one-option',
      'no-weights',
      'skip-cell',
    ]);
    expect(codes(derivedIn(cells, [['skip'], ['none', 'skip'], ['skip', 'none', 'conv3']]), cells)).to.deep.equal([]);
    const micro = microCnn.create({ nodes: 2, layers: 1, filters: 2 }, DIGITS) as SearchSpace;
    const node = (op: string) => ({ left: { from: 0, op }, right: { from: 1, op } });
    const derived = (normal: string, reduction: string): string[] =>
      codes(
        derivedIn(micro, { normal: [node(normal), node('identity')], reduction: [node(reduction), node('max3')] }),
        micro,
      );
    expect(derived('identity', 'sep3')).to.deep.equal(['skip-cell']);
    expect(derived('avg3', 'sep3')).to.deep.equal([]);
  });

  it('detect a test part that was used for rewards or training', () => {
    const manifest = (seen: object): object => ({
      facts: { data: { splits: { test: { count: 360 } }, testSeenIn: seen } },
    });
    const found = (seen: object): string[] =>
      findAlarms(eventLog(events), space, manifest(seen)).map(({ code, message }) => `${code} ${message}`);
    expect(found({ train: 3, validation: 0 })).to.deep.equal([]);
    expect(found({ train: 0, validation: 360 })).to.deep.equal([
      'test-seen 360 of the 360 test examples are also in the validation part: the test accuracy says little about new examples.',
    ]);
  });

  it('detect guessing, and a controller that is worse than random sampling', () => {
    const lost = change(events, 'comparison', () => ({
      controllerMean: 0.1,
      randomMean: 0.11,
      difference: -0.01,
      interval: [-0.02, -0.004],
    }));
    expect(codes(lost, space)).to.deep.equal(['worse-than-random', 'chance']);
  });

  it('detect a loss that is NaN or does not fall', () => {
    expect(codes(change(events, 'weights-epoch', ({ epoch }) => (epoch === 3 ? { loss: null } : {})))).to.deep.equal([
      'loss',
    ]);
    expect(codes(change(events, 'weights-epoch', ({ epoch }) => ({ loss: 1 + epoch })))).to.deep.equal(['loss']);
  });

  it('state where an unfinished run stood', () => {
    const message = (until: SearchEvent['type']): string =>
      findAlarms(
        eventLog(
          events.slice(
            0,
            events.findIndex(({ type }) => type === until),
          ),
        ),
      ).at(-1)!.message;
    expect(message('weights-step')).to.include('0 of 12 epochs');
    expect(message('derived')).to.include('candidates were being compared');
    expect(message('tested')).to.include('being trained');
  });
});
