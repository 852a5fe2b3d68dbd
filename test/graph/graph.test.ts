import { expect } from 'chai';
import {
  activation,
  conv,
  defineSpace,
  dense,
  flatten,
  globalAveragePool,
  identity,
  oneOf,
  type Operation,
  previous,
  repeat,
  stack,
  stream,
  subset,
  z,
} from 'weft-nas';
import { macroCnn } from '../../search-spaces/macro-cnn.js';
import { said } from '../said.js';

const task = { inputShape: [8, 8, 1], classes: 3 };
const options = z.strictObject({});

describe('supernet graphs', () => {
  it('refuse more nodes than any machine could train, instead of adding them for hours', () => {
    const endless = defineSpace({
      name: 'endless',
      description: 'Nodes without end.',
      options,
      choices: () => ({}),
      graph(g) {
        let x = g.input;
        for (let i = 0; i < 1e9; i++) x = g.apply(`n${i}`, identity(), x);
        return x;
      },
    });
    expect(said(() => endless.create({}, task))).to.match(/'endless' has more than 100000 nodes .*fewer layers/);
  }).timeout(60_000);

  it('keeps the active path and nothing else', () => {
    const space = macroCnn.create({ layers: 3, filters: 4, reductions: 0 }, task);
    const nodes = space.activate(
      space.decode(
        space.encode({
          layers: [
            { op: 'conv3', skip: [] },
            { op: 'max3', skip: [false] },
            { op: 'sep5', skip: [true, false] },
          ],
        }),
      ),
    );
    expect(nodes.map(({ name }) => name)).to.deep.equal([
      'input',
      'stem',
      'layer0/conv3',
      'layer1/max3',
      'layer1/sum',
      'layer1/norm',
      'layer2/sep5',
      'layer2/sum',
      'layer2/norm',
      'pool',
      'classifier',
    ]);
    expect(nodes.find(({ name }) => name === 'layer2/sum')!.inputs).to.deep.equal(['layer2/sep5', 'layer0/conv3']);
  });

  it('hashes equal computations equally, whatever their names, order or unused choices', () => {
    const symmetric = defineSpace({
      name: 'symmetric',
      description: '',
      options,
      choices: () => ({ left: oneOf(['relu', 'tanh']), right: oneOf(['relu', 'tanh']), use: oneOf(['sum', 'left']) }),
      graph(g, choices) {
        const x = g.apply('flatten', flatten(), g.input);
        const branch = (name: string, choice: typeof choices.left) =>
          g.choose(name, choice, { relu: activation('relu'), tanh: activation('tanh') }, x);
        const left = branch('left', choices.left);
        const sum = g.combine('sum', 'sum', [left, branch('right', choices.right)]);
        return g.apply(
          'classifier',
          dense({ units: 3 }),
          g.select('use', choices.use, [sum, g.apply('pass', identity(), left)]),
        );
      },
    }).create({}, task);
    const hash = (left: 'relu' | 'tanh', right: 'relu' | 'tanh', use: 'sum' | 'left'): string =>
      symmetric.canonicalHash({ left, right, use });
    expect(hash('relu', 'tanh', 'sum')).to.equal(hash('tanh', 'relu', 'sum'));
    expect(hash('relu', 'tanh', 'left')).to.equal(hash('relu', 'relu', 'left'));
    expect(hash('relu', 'relu', 'sum')).not.to.equal(hash('relu', 'relu', 'left'));
    expect(hash('relu', 'tanh', 'left')).not.to.equal(hash('tanh', 'tanh', 'left'));
    expect(
      new Set([...symmetric.enumerate()].map((architecture) => symmetric.canonicalHash(architecture))).size,
    ).to.equal(5);
  });

  it('names parameters by node, and by input shape only if that varies', () => {
    const varying = defineSpace({
      name: 'varying',
      description: '',
      options,
      choices: () => ({ width: oneOf([4, 6]), extra: subset(1) }),
      graph(g, choices) {
        const x = g.apply('flatten', flatten(), g.input);
        const hidden = g.choose('hidden', choices.width, { 4: dense({ units: 4 }), 6: dense({ units: 6 }) }, x);
        return g.apply(
          'classifier',
          dense({ units: 3 }),
          g.combine('join', 'concat', [hidden, g.when(choices.extra, 0, hidden)]),
        );
      },
    }).create({}, task);
    const prefixes = [...varying.enumerate()].map((architecture) => {
      const head = varying.activate(architecture).at(-1)!;
      return head.kind === 'operation' ? head.prefix : '';
    });
    expect(prefixes).to.deep.equal(['classifier@4', 'classifier@8', 'classifier@6', 'classifier@12']);
  });

  it('joins loose ends of a cell', () => {
    const cell = defineSpace({
      name: 'cell',
      description: '',
      options,
      choices: () => ({ nodes: repeat(3, (index) => ({ from: previous(index + 1) })) }),
      graph(g, choices) {
        const states = [g.apply('flatten', flatten(), g.input)];
        choices.nodes.forEach(({ from }, index) =>
          states.push(g.apply(`node${index}`, activation('tanh'), g.select(`node${index}/from`, from, states))),
        );
        const picks = choices.nodes.map(({ from }) => from);
        return g.apply(
          'classifier',
          dense({ units: 3 }),
          g.combine(
            'ends',
            'concat',
            states.slice(1).map((state, index) => g.whenUnused(picks, index + 1, state)),
          ),
        );
      },
    }).create({}, task);
    const ends = (a: number, b: number, c: number): readonly string[] =>
      cell.activate({ nodes: [{ from: a }, { from: b }, { from: c }] }).find(({ name }) => name === 'ends')!.inputs;
    expect(ends(0, 1, 2)).to.deep.equal(['node2']);
    expect(ends(0, 0, 0)).to.deep.equal(['node0', 'node1', 'node2']);
    expect(ends(0, 1, 1)).to.deep.equal(['node1', 'node2']);
  });

  it('repeats a cell: the same choice, separate weights, and as many previous outputs as the stack has inputs', () => {
    const space = defineSpace({
      name: 'stacked',
      description: '',
      options,
      choices: () => ({ op: oneOf(['tanh', 'relu']) }),
      graph(g, { op }) {
        const cell = (b: typeof g, [before, last]: readonly ReturnType<typeof g.apply>[]): ReturnType<typeof g.apply> =>
          b.combine('sum', 'sum', [
            before!,
            b
              .within('deep')
              .choose(
                'f',
                op,
                { tanh: activation('tanh'), relu: activation('relu') },
                b.apply('dense', dense({ units: 2 }), last!),
              ),
          ]);
        const x = g.apply('first', dense({ units: 2 }), g.apply('flatten', flatten(), g.input));
        const outputs = stack(g, [x, x], { one: cell, two: cell, three: cell });
        expect(outputs).to.deep.equal(['two/sum', 'three/sum']);
        return g.apply('classifier', dense({ units: 3 }), outputs[1]!);
      },
    }).create({}, task);
    const nodes = space.activate({ op: 'relu' });
    expect(nodes.filter(({ name }) => name.includes('/')).map(({ name }) => name)).to.deep.equal(
      ['one', 'two', 'three'].flatMap((name) => [`${name}/dense`, `${name}/deep/f/relu`, `${name}/sum`]),
    );
    expect(nodes.find(({ name }) => name === 'three/sum')!.inputs).to.deep.equal(['one/sum', 'three/deep/f/relu']);
    expect(space.size()).to.equal(2n);
  });

  it('gives six different outputs for six operations', () => {
    const space = macroCnn.create({ layers: 1, filters: 4, reductions: 0 }, task);
    const kinds = [...space.enumerate()].map((architecture) => {
      const node = space.activate(architecture).find(({ name }) => name.startsWith('layer0/'))!;
      return node.name;
    });
    expect(new Set(kinds).size).to.equal(6);
    expect(new Set([...space.enumerate()].map((architecture) => space.canonicalHash(architecture))).size).to.equal(6);
  });

  describe('says what is wrong with a definition', () => {
    const define = (graph: Parameters<typeof defineSpace>[0]['graph']) => () =>
      defineSpace({ name: 'bad', description: '', options, choices: () => ({ op: oneOf(['a', 'b']) }), graph }).create(
        {},
        task,
      );
    it('two nodes with the same name', () => {
      expect(said(define((g) => g.apply('x', flatten(), g.apply('x', flatten(), g.input))))).to.match(
        /two nodes named 'x'/,
      );
    });
    it('a missing candidate', () => {
      expect(
        said(
          define((g, choices) =>
            g.choose('c', (choices as { op: ReturnType<typeof oneOf> }).op, { a: identity() }, g.input),
          ),
        ),
      ).to.match(/missing: b/);
    });
    it('a choice outside the tree', () => {
      expect(said(define((g) => g.select('s', oneOf([1, 2]), [g.input, g.input])))).to.match(
        /not in the tree of choices/,
      );
    });
    it('an operation that does not fit, with its location', () => {
      expect(said(define((g) => g.apply('d', dense({ units: 3 }), g.input)))).to.match(
        /bad\/d: 'dense' takes an input of 1 dimensions, but got \[8, 8, 1\]/,
      );
    });
    it('a window that is larger than the image', () => {
      expect(said(define((g) => g.apply('c', conv({ filters: 2, size: 9, padding: 'valid' }), g.input)))).to.match(
        /9x9 window of 'conv' does not fit into 8x8/,
      );
    });
    it('a sum of different shapes', () => {
      expect(
        said(define((g) => g.combine('s', 'sum', [g.input, g.apply('p', globalAveragePool(), g.input)]))),
      ).to.match(/cannot sum \[8, 8, 1\] and \[1\]/);
    });
    it('a head of the wrong size', () => {
      expect(said(define((g) => g.apply('p', globalAveragePool(), g.input)))).to.match(/must give \[3\]/);
    });
    it('a cycle: a node that is used before it exists', () => {
      expect(said(define((g) => g.apply('x', flatten(), 'y' as typeof g.input)))).to.match(
        /uses the node 'y' before it exists.*no cycles/,
      );
    });
    it('a node that does not reach the head', () => {
      expect(
        said(
          define((g) => {
            g.apply('aside', globalAveragePool(), g.input);
            return g.apply('classifier', dense({ units: 3 }), g.apply('flat', flatten(), g.input));
          }),
        ),
      ).to.match(/a node of 'bad' cannot reach the head: 'aside'/);
    });
    it('a head that does not depend on the input', () => {
      const constant: Operation = {
        kind: 'constant',
        config: {},
        build: () => ({
          output: [3],
          parameters: {},
          forward: () => {
            throw new Error('not called');
          },
        }),
      };
      expect(said(define((g) => g.apply('alone', constant)))).to.match(
        /the head 'alone' of 'bad' does not depend on the input/,
      );
    });
    it('a choice without options', () => {
      expect(
        said(() =>
          defineSpace({
            name: 'bad',
            description: '',
            options,
            choices: () => ({ op: oneOf([]) }),
            graph: (g) => g.input,
          }).create({}, task),
        ),
      ).to.match(/'op' has no options/);
    });
    it('constraints that contradict each other, before anything is trained', () => {
      const contradictory = (count: number) => () =>
        defineSpace({
          name: 'bad',
          description: '',
          options,
          choices: () => repeat(count, () => oneOf(['a', 'b'])),
          constraints: [
            { name: 'first is a', holds: ([first]) => first === 'a' },
            { name: 'first is b', holds: ([first]) => first === 'b' },
          ],
          graph: (g) => g.apply('classifier', dense({ units: 3 }), g.apply('flat', flatten(), g.input)),
        }).create({}, task);
      expect(said(contradictory(6))).to.match(/none of the 64 architectures of 'bad' satisfies its constraints/);
      expect(said(contradictory(40))).to.match(
        /none of 10000 random architectures of 'bad'.*'first is a' holds for [45]\d\.\d %, 'first is b' holds for [45]\d\.\d %/,
      );
    });
    it('no head', () => {
      expect(said(define((() => undefined) as never))).to.match(/no head/);
    });
  });

  it('refuses an architecture in which a combination is left without inputs', () => {
    const space = defineSpace({
      name: 'empty',
      description: '',
      options,
      choices: () => ({ use: subset(1) }),
      graph: (g, choices) =>
        g.apply(
          'classifier',
          dense({ units: 3 }),
          g.combine('c', 'sum', [g.when(choices.use, 0, g.apply('f', flatten(), g.input))]),
        ),
    }).create({}, task);
    expect(() => space.activate({ use: [false] })).to.throw(/'c' has no active input/);
    expect(space.activate({ use: [true] })).to.have.length(4);
  });

  it('report errors of a definition as such, with their location', () => {
    const broken = (changes: object) =>
      said(() =>
        defineSpace({
          name: 'broken',
          description: '',
          options,
          choices: () => ({ only: oneOf(['one']) }),
          graph: (g) => g.apply('head', dense({ units: 3 }), g.apply('flat', flatten(), g.input)),
          ...changes,
        }).create({}, task),
      );
    expect(
      broken({
        graph: () => {
          throw new TypeError('x is not a function');
        },
      }),
    ).to.match(/the definition of the space 'broken' fails: x is not a function \(correct it at .*graph\.test\.ts:\d+/);
    expect(broken({ choices: () => (undefined as unknown as { a: 1 }).a })).to.match(
      /the definition of the space 'broken' fails/,
    );
    expect(broken({ options: z.strictObject({ layers: 3 as never }) })).to.match(
      /the definition of the space 'broken' fails: Invalid element at key "layers"/,
    );
    expect(broken({ options: undefined })).to.match(/the definition of the space 'broken' fails/);
  });

  it('samples reproducibly across processes', () => {
    const space = macroCnn.create({ layers: 4, filters: 4 }, task);
    expect(space.encode(space.sample(stream(7, 'fixed')))).to.equal(space.encode(space.sample(stream(7, 'fixed'))));
  });
});
