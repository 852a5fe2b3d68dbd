import { expect } from 'chai';
import { type ChoiceTree, defineSpace, dense, flatten, oneOf, previous, repeat, stream, subset, tf, z } from 'weft-nas';
import { enas } from '../../controllers/enas.js';
import { enasOptions } from '../../controllers/enas/options.js';
import { planOf } from '../../controllers/enas/plan.js';
import { enasPresets } from '../../controllers/enas/presets.js';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { listDecisions } from '../../src/space/slots.js';

/** The steps of a plan in short: `op` and `3<-2 inputs` and so on. */
function outline(tree: ChoiceTree): string {
  return planOf(tree, listDecisions(tree))
    .steps.map((step) => {
      switch (step.kind) {
        case 'enter':
          return `enter${step.list}+${step.inputs}`;
        case 'option':
          return step.decision.path;
        case 'attend':
          return `${step.many ? 'any' : 'one'}${step.count}@${step.list}`;
        case 'anchor':
          return `anchor${step.list}${step.advance ? '+' : ''}`;
      }
    })
    .join(' ');
}

const ops = ['a', 'b'] as const;

describe('the plan of the ENAS policy', () => {
  it('macro: the anchor is the state that attended to earlier ones', () => {
    expect(outline({ layers: repeat(3, (i) => ({ op: oneOf(ops), skip: subset(i) })) })).to.equal(
      'enter0+0 layers.0.op any0@0 anchor0 layers.1.op any1@0 anchor0 layers.2.op any2@0 anchor0',
    );
  });

  it('micro: two anchors for the inputs of each cell, and one more step of the LSTM at the end of a node', () => {
    const cell = () => repeat(2, (i) => ({ x: previous(i + 2), y: previous(i + 2), f: oneOf(ops), g: oneOf(ops) }));
    expect(outline({ normal: cell(), reduce: cell() })).to.equal(
      'enter0+2 one2@0 one2@0 normal.0.f normal.0.g anchor0+ one3@0 one3@0 normal.1.f normal.1.g anchor0+ ' +
        'enter1+2 one2@1 one2@1 reduce.0.f reduce.0.g anchor1+ one3@1 one3@1 reduce.1.f reduce.1.g anchor1+',
    );
  });

  it('recurrent cell: its input is the one node before the first', () => {
    expect(
      outline({ first: oneOf(ops), nodes: repeat(2, (i) => ({ from: previous(i + 1), f: oneOf(ops) })) }),
    ).to.equal('first enter0+1 one1@0 nodes.0.f anchor0+ one2@0 nodes.1.f anchor0+');
  });

  it('choices of one node in a list of their own refer to the list of nodes around it', () => {
    expect(outline(repeat(2, (i) => ({ inputs: repeat(2, () => previous(i + 2)), f: oneOf(ops) })))).to.equal(
      'enter0+2 one2@0 one2@0 0.f anchor0+ one3@0 one3@0 1.f anchor0+',
    );
  });

  it('without a list, all earlier nodes are inputs', () => {
    expect(outline({ op: oneOf(ops), from: previous(3) })).to.equal('enter0+3 op one3@0');
    expect(outline({ op: oneOf(ops) })).to.equal('op');
  });

  it('shares a table between choices with the same options', () => {
    const tree = { a: oneOf(ops), b: oneOf(ops), c: oneOf(['b', 'a']) };
    expect([...planOf(tree, listDecisions(tree)).tables]).to.deep.equal([
      ['a-b', ['a', 'b']],
      ['b-a', ['b', 'a']],
    ]);
  });
});

describe('the presets of the ENAS controller', () => {
  it('paper: arXiv 1802.03268', () => {
    const image = {
      lstmSize: 100,
      initRange: 0.1,
      learningRate: 3.5e-4,
      tanhConstant: 2.5,
      temperature: 5,
      entropyWeight: 0.1,
      entropy: 'full',
      skipLogit: 'single',
      skipTarget: 0.4,
      skipWeight: 0.8,
      optionTanhReduce: 1,
      baselineDecay: 0.99,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
    };
    expect(enasPresets.paper).to.deep.equal(image);
    expect(enasPresets['paper-micro']).to.deep.equal(image);
    expect(enasPresets['paper-rnn']).to.deep.equal({ ...image, entropyWeight: 1e-4 });
  });

  it('official-code: melodyguan/enas, google-research/enas_lm', () => {
    const macro = {
      lstmSize: 64,
      initRange: 0.1,
      learningRate: 1e-3,
      tanhConstant: 1.5,
      temperature: null,
      entropyWeight: 1e-4,
      entropy: 'sampled',
      skipLogit: 'pair',
      skipTarget: 0.4,
      skipWeight: 0.8,
      optionTanhReduce: 1,
      baselineDecay: 0.99,
      beta1: 0,
      beta2: 0.999,
      epsilon: 1e-3,
    };
    expect(enasPresets['official-code']).to.deep.equal(macro);
    expect(enasPresets['official-code-micro']).to.deep.equal({
      ...macro,
      learningRate: 3.5e-3,
      tanhConstant: 1.1,
      optionTanhReduce: 2.5,
      entropy: 'full',
      optionBias: { sep3: 10, sep5: 10, avg3: 0, max3: 0, identity: 0 },
      fixedOptionBias: { normal: { sep3: 0.25, sep5: 0.25, avg3: -0.25, max3: -0.25, identity: -0.25 } },
    });
    expect(
      enasPresets['official-code-micro'].tanhConstant / enasPresets['official-code-micro'].optionTanhReduce,
    ).to.be.closeTo(0.44, 1e-12);
    const recurrent = { ...macro, temperature: 5, recency: true };
    expect(enasPresets['official-code-ptb']).to.deep.equal({
      ...recurrent,
      lstmSize: 100,
      tanhConstant: 2.5,
      entropyWeight: 1e-3,
    });
    expect(enasPresets['official-code-rnn']).to.deep.equal({
      ...recurrent,
      learningRate: 5e-5,
      tanhConstant: 2.25,
      entropyWeight: 1e-5,
      baselineDecay: 0.999,
      initRange: 0.01,
    });
  });

  it('cover all options of the controller; the defaults are those of the paper', () => {
    for (const preset of Object.values(enasPresets)) expect(enasOptions.parse(preset)).to.deep.include(preset);
    expect(enasOptions.parse({})).to.include(enasPresets.paper);
  });
});

describe('the ENAS controller', () => {
  before(() => loadBackend());

  it('puts at least 0.95 of its probability on a hidden architecture if the reward counts agreement with it', function () {
    this.timeout(60_000);
    const space = macroCnn.create({ layers: 3, filters: 2 }, { inputShape: [8, 8, 1], classes: 2 });
    const controller = enas.create(enasPresets.quick, { space, seed: 2 });
    const hidden = space.genotype(space.sample(stream(6, 'hidden')));
    const agreement = (genotype: readonly number[]): number =>
      genotype.filter((value, slot) => value === hidden[slot]).length / hidden.length;
    for (let round = 0; round < 200; round++) {
      const proposal = controller.propose(20, stream(2, 'round', round));
      controller.observe(
        proposal.map((architecture) => ({ architecture, reward: agreement(space.genotype(architecture)) })),
      );
    }
    const drawn = controller
      .derive(1000, stream(2, 'test'))
      .map((architecture) => agreement(space.genotype(architecture)));
    expect(drawn.filter((share) => share === 1).length / drawn.length).to.be.at.least(0.95);
    controller.dispose();
  });

  it('is no more certain than the bound on its logits allows', () => {
    const space = macroCnn.create({ layers: 1, filters: 2 }, { inputShape: [8, 8, 1], classes: 2 });
    const controller = enas.create(
      { lstmSize: 16, temperature: null, tanhConstant: 2.5, learningRate: 0.2, skipWeight: 0 },
      { space, seed: 1 },
    );
    for (let round = 0; round < 80; round++) {
      controller.observe(
        controller
          .propose(10, stream(2, round))
          .map((architecture) => ({ architecture, reward: Number(space.genotype(architecture)[0] === 3) })),
      );
    }
    const [row] = controller.preferences!(stream(1))['layers.0.op']!;
    const ceiling = Math.exp(2.5) / (Math.exp(2.5) + 5 * Math.exp(-2.5));
    expect(row![3]).to.be.within(ceiling - 0.02, ceiling + 1e-4);
    controller.dispose();
  });

  it('keeps the share of connections near its prior if rewards are uninformative', function () {
    this.timeout(20_000);
    const space = macroCnn.create({ layers: 5, filters: 2 }, { inputShape: [8, 8, 1], classes: 2 });
    const controller = enas.create(
      { lstmSize: 16, learningRate: 0.02, skipTarget: 0.2, skipWeight: 5 },
      { space, seed: 1 },
    );
    for (let round = 0; round < 60; round++)
      controller.observe(
        controller.propose(10, stream(2, round)).map((architecture) => ({ architecture, reward: 0.5 })),
      );
    const flags = controller.propose(300, stream(2, 'end')).flatMap(({ layers }) => layers.flatMap(({ skip }) => skip));
    expect(flags.filter(Boolean).length / flags.length).to.be.closeTo(0.2, 0.03);
    controller.dispose();
  });

  it('reports preferences as probabilities, one row per decision or connection', () => {
    const space = macroCnn.create({ layers: 3, filters: 2 }, { inputShape: [8, 8, 1], classes: 2 });
    const controller = enas.create({}, { space, seed: 1 });
    const preferences = controller.preferences!(stream(1));
    expect(
      Object.fromEntries(Object.entries(preferences).map(([path, rows]) => [path, rows.map((row) => row.length)])),
    ).to.deep.equal({
      'layers.0.op': [6],
      'layers.1.op': [6],
      'layers.1.skip': [2],
      'layers.2.op': [6],
      'layers.2.skip': [2, 2],
    });
    for (const row of Object.values(preferences).flat())
      expect(row.reduce((sum, p) => sum + p, 0)).to.be.closeTo(1, 1e-6);
    controller.dispose();
  });

  it('initializes options according to their biases', () => {
    const micro = defineSpace({
      name: 'biased',
      description: '',
      options: z.strictObject({}),
      choices: () => ({ normal: oneOf(['sep3', 'max3']), reduce: oneOf(['sep3', 'max3']) }),
      graph: (g, choices, _options, { classes }) => {
        const x = g.apply('flatten', flatten(), g.input);
        const first = g.choose('first', choices.normal, { sep3: dense({ units: 4 }), max3: dense({ units: 4 }) }, x);
        return g.choose(
          'second',
          choices.reduce,
          { sep3: dense({ units: classes }), max3: dense({ units: classes }) },
          first,
        );
      },
    }).create({}, { inputShape: [4], classes: 2 });
    const controller = enas.create(
      {
        tanhConstant: 1,
        temperature: null,
        optionBias: { sep3: 100, max3: 0 },
        fixedOptionBias: { normal: { sep3: 2, max3: -1 } },
      },
      { space: micro, seed: 1 },
    );
    const { normal, reduce } = controller.preferences!(stream(1));
    // Logits near tanh(100) = 1 and tanh(0) = 0; in `normal` 2 and -1 come on top.
    expect(normal![0]![0]).to.be.closeTo(1 / (1 + Math.exp(-4)), 0.01);
    expect(reduce![0]![0]).to.be.closeTo(1 / (1 + Math.exp(-1)), 0.01);
    controller.dispose();
  });

  it('prefers near nodes from the start with recency: logits minus d²/6', () => {
    const chain = defineSpace({
      name: 'chain',
      description: '',
      options: z.strictObject({}),
      choices: () => ({ from: previous(3) }),
      graph: (g, choices, _options, { classes }) => {
        const x = g.apply('flatten', flatten(), g.input);
        return g.select(
          'from',
          choices.from,
          [0, 1, 2].map((i) => g.apply(`node${i}`, dense({ units: classes }), x)),
        );
      },
    }).create({}, { inputShape: [4], classes: 2 });
    const controller = enas.create({ recency: true, initRange: 1e-6 }, { space: chain, seed: 1 });
    const weights = [3, 2, 1].map((distance) => Math.exp(-(distance ** 2) / 6));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    controller.preferences!(stream(1))['from']![0]!.forEach((p, i) =>
      expect(p).to.be.closeTo(weights[i]! / total, 1e-5),
    );
    controller.dispose();
  });

  it('refuses a reward that is NaN, and then changes nothing', () => {
    const space = macroCnn.create({ layers: 2, filters: 2 }, { inputShape: [8, 8, 1], classes: 2 });
    const controller = enas.create({}, { space, seed: 1 });
    const before = tf.memory().numTensors;
    const [architecture] = controller.propose(1, stream(1));
    const snapshot = JSON.stringify(controller.snapshot().state);
    expect(() =>
      controller.observe([
        { architecture: architecture!, reward: 0.5 },
        { architecture: architecture!, reward: NaN },
      ]),
    ).to.throw('NaN');
    expect(tf.memory().numTensors).to.equal(before);
    expect(JSON.stringify(controller.snapshot().state)).to.equal(snapshot);
    controller.dispose();
  });

  it('names an unknown option', () => {
    const space = macroCnn.create({ layers: 2, filters: 2 }, { inputShape: [8, 8, 1], classes: 2 });
    expect(() => enas.create({ temprature: 5 }, { space, seed: 1 })).to.throw(/controller 'enas'[\s\S]*temprature/);
  });
});
