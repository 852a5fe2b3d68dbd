/** What each strategy does that the others do not; what they have in common is in test/contract/controllers.test.ts. */
import { expect } from 'chai';
import { type Controller, type ControllerFactory, stream } from 'weft-nas';
import { evolution } from '../../controllers/evolution.js';
import { fairnas } from '../../controllers/fairnas.js';
import { localSearch } from '../../controllers/local-search.js';
import { policyGradient } from '../../controllers/policy-gradient.js';
import { fairDecks } from '../../controllers/single-path/fair-decks.js';
import { spos } from '../../controllers/spos.js';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { type Cell, nasBench201 } from '../../search-spaces/nas-bench-201.js';

const cells = nasBench201.create({ filters: 2 }, { inputShape: [8, 8, 1], classes: 2 });
const hidden = cells.genotype([['conv3'], ['skip', 'none'], ['avg3', 'conv1', 'conv3']]);
const agreement = (cell: Cell): number =>
  cells.genotype(cell).filter((value, slot) => value === hidden[slot]).length / 6;
const distance = (a: readonly number[], b: readonly number[]): number =>
  a.filter((value, slot) => value !== b[slot]).length;

/** Proposes and observes; what was proposed. */
function run(controller: Controller<Cell>, rounds: number, count = 1, reward = agreement): Cell[] {
  return Array.from({ length: rounds }, (_, round) => {
    const proposal = controller.propose(count, stream(1, 'round', round));
    controller.observe(proposal.map((architecture) => ({ architecture, reward: reward(architecture) })));
    return proposal;
  }).flat();
}

const create = (factory: ControllerFactory, options: object = {}): Controller<Cell> =>
  factory.create(options, { space: cells, seed: 1 });

describe('every strategy but random', () => {
  const strategies: [ControllerFactory, object, number][] = [
    [evolution, { population: 20 }, 1],
    [localSearch, {}, 1],
    [spos, {}, 20],
    [fairnas, {}, 20],
    [policyGradient, {}, 1],
  ];
  for (const [factory, options, count] of strategies) {
    it(`finds a hidden cell within 600 evaluations: ${factory.name}`, () => {
      const best = Math.max(...run(create(factory, options), 600 / count, count).map(agreement));
      expect(best).to.equal(1);
    });
  }
});

describe('evolution', () => {
  it('fills its population at random, then proposes children one mutation away from a current member', () => {
    const controller = create(evolution, { population: 5, sample: 3 });
    const all = run(controller, 40).map((cell) => cells.genotype(cell));
    all
      .slice(5)
      .forEach((child, i) => expect(all.slice(i, i + 5).map((member) => distance(member, child))).to.include(1));
  });

  it('mutates the best of its sample, which is the best of the population with a large enough sample', () => {
    const controller = create(evolution, { population: 4, sample: 200 });
    const all = run(controller, 30);
    all.slice(4).forEach((child, i) => {
      const living = all.slice(i, i + 4);
      const top = Math.max(...living.map(agreement));
      const parents = living.filter((cell) => agreement(cell) === top).map((cell) => cells.genotype(cell));
      expect(parents.map((parent) => distance(parent, cells.genotype(child)))).to.include(1);
    });
  });

  it('lets the oldest die, however good', () => {
    const controller = create(evolution, { population: 3, sample: 3 });
    const [a, b, c, d] = [0, 1, 2, 3].map((i) => cells.sample(stream(5, i))) as [Cell, Cell, Cell, Cell];
    controller.observe([
      { architecture: a, reward: 1 },
      { architecture: b, reward: 0.1 },
      { architecture: c, reward: 0.2 },
    ]);
    controller.observe([{ architecture: d, reward: 0.3 }]);
    expect(controller.derive(3, stream(1))).to.deep.equal([d, c, b]);
  });
});

describe('local search', () => {
  it('evaluates each neighbour of its centre once before it moves to the best of them', () => {
    const controller = create(localSearch);
    const all = run(controller, 25).map((cell) => cells.genotype(cell));
    expect(all.slice(1).map((cell) => distance(cell, all[0]!))).to.deep.equal(Array(24).fill(1));
    expect(new Set(all.map(String)).size).to.equal(25);
    const [next] = controller.propose(1, stream(2));
    expect(distance(cells.genotype(next!), hidden)).to.be.at.most(
      Math.min(...all.slice(1).map((cell) => distance(cell, hidden))) + 1,
    );
  });

  it('restarts at random from a local optimum, and evaluates nothing twice on the way', () => {
    const proposals = run(create(localSearch), 300);
    const first = proposals.findIndex((cell) => agreement(cell) === 1);
    const after = proposals.slice(first + 1).map((cell) => distance(cells.genotype(cell), hidden));
    expect(after.findIndex((far) => far > 2)).to.be.greaterThan(0);
    expect(new Set(proposals.map((cell) => cells.encode(cell))).size).to.be.at.least(290);
  });
});

describe('strictly fair sampling', () => {
  it('deals every option of a choice equally often', () => {
    const controller = create(fairnas);
    const dealt = controller.sample(20, stream(1)).map((cell) => cells.genotype(cell));
    for (let slot = 0; slot < 6; slot++) {
      for (let option = 0; option < 5; option++)
        expect(dealt.filter((genotype) => genotype[slot] === option)).to.have.length(4);
    }
  });

  it('keeps count across calls, and is fair in slots of different sizes', () => {
    const space = macroCnn.create({ layers: 3, filters: 2 }, { inputShape: [8, 8, 1], classes: 2 });
    const controller = fairnas.create({}, { space, seed: 1 });
    const dealt = Array.from({ length: 12 }, (_, i) => controller.sample(1, stream(2, i)))
      .flat()
      .map((architecture) => space.genotype(architecture));
    space.cardinalities.forEach((cardinality, slot) => {
      for (let value = 0; value < cardinality; value++)
        expect(dealt.filter((genotype) => genotype[slot] === value)).to.have.length(12 / cardinality);
    });
  });

  it('combines the options at random', () => {
    const decks = fairDecks(cells);
    const rng = stream(3);
    const hands = new Set(Array.from({ length: 500 }, () => cells.encode(decks.deal(rng))));
    expect(hands.size).to.be.above(470);
  });
});

describe('single path one-shot', () => {
  it('crosses and mutates the best: without mutation every child consists of its parents’ choices', () => {
    const controller = create(spos, { parents: 2, mutation: 0 });
    const [a, b, worse] = [
      [0, 0, 0, 0, 0, 0],
      [4, 4, 4, 4, 4, 4],
      [2, 2, 2, 2, 2, 2],
    ].map((genotype) => cells.fromGenotype(genotype)) as [Cell, Cell, Cell];
    controller.observe([
      { architecture: worse, reward: 0.1 },
      { architecture: a, reward: 0.8 },
      { architecture: b, reward: 0.9 },
    ]);
    const children = controller.propose(40, stream(1)).map((cell) => cells.genotype(cell));
    expect(children.flat().every((value) => value === 0 || value === 4)).to.equal(true);
    expect(children.slice(0, 20).some((child) => new Set(child).size === 2)).to.equal(true);
    for (const child of children.slice(20)) expect(new Set(child).size).to.equal(1);
    expect(controller.derive(2, stream(1))).to.deep.equal([b, a]);
  });

  it('trains on uniformly random paths regardless of what it has learned', () => {
    const controller = create(spos);
    run(controller, 10, 20);
    const values = controller.sample(2000, stream(1)).flatMap((cell) => cells.genotype(cell));
    for (let option = 0; option < 5; option++)
      expect(values.filter((value) => value === option).length / values.length).to.be.closeTo(0.2, 0.015);
  });
});

describe('the policy gradient', () => {
  it('makes the first step of Adam on advantage · (p - chosen)', () => {
    const settings = { learningRate: 0.1, baselineDecay: 0.5, epsilon: 0.01 };
    const controller = create(policyGradient, settings);
    const before = (controller.snapshot().state as unknown as { logits: number[][] }).logits.map((row) => [...row]);
    const [first, second] = [
      [0, 0, 0, 0, 0, 0],
      [1, 0, 0, 0, 0, 0],
    ].map((genotype) => cells.fromGenotype(genotype)) as [Cell, Cell];
    controller.observe([
      { architecture: first, reward: 0.2 },
      { architecture: second, reward: 0.6 },
    ]);
    // The baseline is 0.2 after the first reward and 0.4 after the second: advantages 0 and 0.2, each over two results.
    const after = controller.snapshot().state as unknown as { logits: number[][]; baseline: number };
    expect(after.baseline).to.be.closeTo(0.4, 1e-12);
    const chosen = [1, 0, 0, 0, 0, 0];
    before.forEach((row, slot) => {
      const weights = row.map(Math.exp);
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      row.forEach((logit, value) => {
        const gradient = 0.1 * (weights[value]! / total - Number(value === chosen[slot]));
        expect(after.logits[slot]![value]).to.be.closeTo(logit - (0.1 * gradient) / (Math.abs(gradient) + 0.01), 1e-12);
      });
    });
  });
});
