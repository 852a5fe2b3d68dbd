/**
 * Whatever the user's own code throws or returns is named as such: the part, the file and the line, in an ordinary
 * error; only what fails in Weft's own files is called a bug.
 */
import { expect } from 'chai';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reportError } from '../../src/cli/output.js';
import { Signal, WeftError } from '../../src/errors.js';
import { inOwnCode } from '../../src/own-errors.js';
import { temporaryFolder } from '../runs/temporary.js';
import { tinyTable } from '../runs/tiny-run.js';
import { onlyRun, ROOT, weft } from '../search/weft.js';
import { tryLine } from './odd-command-lines.js';

const importing = (names: string, body: string): string => `import { ${names}, z } from 'weft-nas';\n${body}\n`;

/** A space with one operation of its own; `fields` replace those of one that works. */
const withOperation = (fields: string, around = 'mine'): string =>
  importing(
    'dense, defineSpace, flatten, oneOf, sequence, tf',
    `const mine = { kind: 'mine', config: {}, build: ([shape]) => ({ output: shape, parameters: {}, forward: ([x]) => x, ${fields} }) };
export default defineSpace({
  name: 'own', description: '', options: z.strictObject({}), choices: () => ({ only: oneOf(['a', 'b']) }),
  graph: (g, _choices, _options, { classes }) =>
    g.apply('head', dense({ units: classes }), g.apply('middle', ${around}, g.apply('first', dense({ units: 2 }), g.apply('flat', flatten(), g.input)))),
});`,
  );

/** A space whose definition has these fields in place of sound ones. */
const withDefinition = (fields: string): string =>
  importing(
    'dense, defineSpace, flatten, oneOf',
    `export default defineSpace({
  name: 'own', description: '', options: z.strictObject({}), choices: () => ({ only: oneOf(['a', 'b']) }),
  graph: (g, _choices, _options, { classes }) => g.apply('head', dense({ units: classes }), g.apply('flat', flatten(), g.input)),
  ${fields}
});`,
  );

/** A controller whose methods are these in place of sound ones. */
const withController = (methods: string): string =>
  importing(
    'defineController',
    `export default defineController({
  name: 'mine', description: '', options: z.strictObject({}),
  create(_options, { space }) {
    const draw = (count, rng) => Array.from({ length: count }, () => space.sample(rng));
    return {
      sample: draw, propose: draw, derive: draw, observe: () => ({}),
      snapshot: () => ({ tensors: {}, state: null }), restore() {}, dispose() {},
      ${methods}
    };
  },
});`,
  );

/** An optimizer of one link with these methods, and a rate. */
const withLink = (methods: string): string =>
  importing(
    'defineOptimizer, optimizers, mapNamed, tf',
    `export default defineOptimizer({
  name: 'mine', options: z.strictObject({}),
  create: () => [{ name: 'mine', ${methods} }, optimizers.scaleByLearningRate(optimizers.constant(0.1))],
});`,
  );

const withRegularizer = (methods: string): string =>
  importing(
    'defineRegularizer, mapNamed, tf',
    `export default defineRegularizer({
  name: 'mine', options: z.strictObject({}),
  create: () => ({
    name: 'mine', watched: [], startEpoch() {}, remember() {}, tensors: () => [], dispose() {}, restore() {},
    status: () => ({ alpha: 0, penalty: 0, fisherTrace: 0, largestFisher: 0, known: [], zero: [] }),
    snapshot: () => ({ tensors: {}, state: null }),
    ${methods}
  }),
});`,
  );

const withStudy = (fields: string): string =>
  importing(
    'defineStudy',
    `export default defineStudy({
  name: 'mine', summary: '', reference: '', minutes: 1, options: z.strictObject({}),
  run: () => ({ verdict: '', rows: [], sections: [] }),
  ${fields}
});`,
  );

const withChapter = (content: string): string =>
  importing('defineChapter', `export default defineChapter({ name: 'mine', title: 'Mine', content: ${content} });`);
const withProxy = (score: string): string =>
  importing(
    'defineProxy',
    `export default defineProxy({ name: 'mine', description: '', formula: '', reference: '', score: ${score} });`,
  );
const withObjective = (value: string): string =>
  importing('defineObjective', `export default defineObjective({ name: 'mine', direction: 'less', value: ${value} });`);
const withData = (load: string): string =>
  importing('defineData', `export default defineData({ name: 'mine', load: ${load} });`);

const SMALL = [
  ...['space.name=mlp', 'space.depth=1', 'space.widths=[2,3]'],
  ...['search.epochs=1', 'search.rounds=1', 'search.samplesPerRound=2', 'search.probe=0', 'search.batchSize=16'],
  ...['search.rewardBatchSize=8', 'derive.candidates=1', 'derive.random=0', 'derive.batchSize=8'],
  ...['retrain.epochs=1', 'retrain.batchSize=16'],
];
const TABLE = ['--data', 'data.csv', '--backend', 'cpu'];
const search = (...words: string[]): string[] => [
  'search',
  '--controller',
  'random',
  ...TABLE,
  '--set',
  ...SMALL,
  ...words,
];
const ofSpace = search('space={name: ./own.mjs}');
const ofController = ['search', '--controller', './own.mjs', ...TABLE, '--set', ...SMALL];
const ofOptimizer = search('search.optimizer={name: own, part: ./own.mjs}');
const ofRegularizer = search('search.regularizer={name: own, part: ./own.mjs}');
const ofObjective = search('objectives=[accuracy, {name: own, part: ./own.mjs}]');
const ofProxy = search('search.proxyFilter={proxies: [{name: own, part: ./own.mjs}], draws: 2, examples: 16}');
const ofData = ['search', '--controller', 'random', '--data', './own.mjs', '--backend', 'cpu', '--set', ...SMALL];
const ofStudy = ['study', './own.mjs', '--backend', 'cpu'];
const ofChapter = ['report', 'run', '--chapter', './own.mjs'];

/** The error of a mistake at a line of the file, named after the part. */
const fails = (part: string, message: string): RegExp =>
  new RegExp(`^weft: .*${part} fails: ${message}.*\\n {2}correct it at own\\.mjs:\\d+:\\d+$`, 'm');
const THROWN = "() => { throw new TypeError('mistake') }";

const mistakes: Readonly<Record<string, readonly (readonly [text: string, line: string[], said: RegExp])[]>> = {
  operation: [
    [withOperation('forward: ([x]) => x.nothing()'), ofSpace, fails("own/middle: the operation 'mine'", 'x.nothing is not a function')],
    [withOperation('forward: ([x]) => tf.matMul(x, x)'), ofSpace, fails("own/middle: the operation 'mine'", '.*matMul')],
    [withOperation("forward: () => { throw 'words' }"), ofSpace, /own\/middle: the operation 'mine' fails: words/],
    [withOperation('forward: ([x], { parameter }) => tf.mul(x, parameter("nothing"))'), ofSpace, fails("the operation 'mine'", ".*'middle/nothing'")],
    [withOperation('forward: ([x]) => tf.sum(x, -1)'), ofSpace, /own\/middle: the operation 'mine' returns a tensor \[16\]\n {2}return a float32 tensor \[N, 2\]/],
    [withOperation('forward: ([x]) => tf.reshape(x, [-1])'), ofSpace, /the operation 'mine' returns a tensor \[32\]/],
    [withOperation("forward: ([x]) => tf.cast(x, 'int32')"), ofSpace, /the operation 'mine' returns a tensor of int32/],
    [withOperation('forward: () => undefined'), ofSpace, /the operation 'mine' returns nothing/],
    [withOperation('forward: () => 3'), ofSpace, /the operation 'mine' returns no tensor/],
    [withOperation('forward: async ([x]) => x'), ofSpace, /the operation 'mine' returns a promise/],
    [withOperation('forward([x]) { const y = tf.neg(x); y.dispose(); return y; }'), ofSpace, /returns a tensor that it has disposed of/],
    [withOperation('forward([x]) { const y = tf.neg(x); x.dispose(); return y; }'), ofSpace, /the operation 'mine' disposes of an input or a parameter/],
    [withOperation("forward: ([x]) => tf.customGrad((v) => ({ value: tf.clone(v), gradFunc() { throw new TypeError('mistake') } }))(x)"), ofSpace, /your own code fails: mistake\n {2}correct it at own\.mjs:2/],
    [withOperation('output: [0.5]'), ofSpace, /own\/middle: the operation 'mine' has the output shape \[ 0\.5 \]/],
    [withOperation('parameters: undefined'), ofSpace, /the operation 'mine' declares no parameters/],
    [withOperation("parameters: { w: { shape: [2], role: 'weight', initializer: { kind: 'constant', value: 0 } } }"), ofSpace, /parameter 'w' with the role 'weight'\n {2}choose one of kernel/],
    [withOperation("parameters: { w: { shape: [2], role: 'bias', initializer: { kind: 'zeros' } } }"), ofSpace, /parameter 'w' with the initializer \{ kind: 'zeros' \}/],
    [withOperation("parameters: { w: { shape: 2, role: 'bias', initializer: { kind: 'constant', value: 0 } } }"), ofSpace, /parameter 'w' with the shape 2\n/],
    [withOperation("statistics: { m: { shape: [2] } }"), ofSpace, /the statistic 'm'/],
    [withOperation('forward: undefined'), ofSpace, /the operation 'mine' has no forward pass/],
    [withOperation('', `{ ...mine, build: ${THROWN} }`), ofSpace, fails("own/middle: the operation 'mine'", 'mistake')],
    [withOperation('forward: ([x]) => tf.sum(x, -1)', "sequence('both', { mine, same: flatten() })"), ofSpace, /own\/middle: the operation 'mine' returns a tensor \[16\]/],
  ],
  space: [
    [withDefinition(`choices: ${THROWN},`), ofSpace, fails("the definition of the space 'own'", 'mistake')],
    [withDefinition(`graph: ${THROWN},`), ofSpace, fails("the definition of the space 'own'", 'mistake')],
    [withDefinition(`retrain: ${THROWN},`), ofSpace, fails("the definition of the space 'own'", 'mistake')],
    [withDefinition(`constraints: [{ name: 'few', holds: ${THROWN} }],`), ofSpace, fails("the constraint 'few' of the space 'own'", 'mistake')],
    [withDefinition(`options: z.strictObject({}).refine(${THROWN}),`), ofSpace, fails("the definition of the space 'own'", 'mistake')],
    ["import { readFileSync } from 'node:fs';\n" + withDefinition("choices: () => readFileSync('missing'),"), ofSpace, /cannot use missing: there is no such file/],
    ["throw new TypeError('mistake');", ofSpace, /own\.mjs cannot be loaded: mistake/],
  ],
  controller: [
    [withController(`sample: ${THROWN},`), ofController, fails("the controller 'mine'", 'mistake')],
    [withController(`propose: ${THROWN},`), ofController, fails("the controller 'mine'", 'mistake')],
    [withController(`observe: ${THROWN},`), ofController, fails("the controller 'mine'", 'mistake')],
    [withController(`derive: ${THROWN},`), ofController, fails("the controller 'mine'", 'mistake')],
    [withController(`preferences: ${THROWN},`), ofController, fails("the controller 'mine'", 'mistake')],
    [withController(`snapshot: ${THROWN},`), ofController, fails("the controller 'mine'", 'mistake')],
    [withController('sample: () => undefined,'), ofController, /the controller 'mine' returns undefined from 'sample'/],
    [withController('sample: () => [],'), ofController, /the controller 'mine' returns \[\] from 'sample'/],
    [withController('propose: (count) => Array(count).fill(3),'), ofController, /the controller 'mine', 'propose': the architecture does not fit the space/],
    [withController('propose: () => [],'), ofController, /the controller 'mine' returns \[\] from 'propose'\n {2}return a list of 2 architectures/],
    [withController('derive: () => [],'), ofController, /the controller 'mine' returns \[\] from 'derive'/],
    [withController('observe: () => undefined,'), ofController, /the controller 'mine' returns undefined from 'observe'/],
    [withController('preferences: () => ({ only: [1] }),'), ofController, /the controller 'mine' returns .* from 'preferences'/],
    [withController('snapshot: () => ({ tensors: {} }),'), ofController, /the controller 'mine' cannot be saved: its snapshot has no state/],
    [withController('snapshot() { const state = {}; state.state = state; return { tensors: {}, state } },'), ofController, /the controller 'mine' cannot be saved: Converting circular structure/],
    [withController('snapshot: () => ({ tensors: { w: 3 }, state: 1 }),'), ofController, /'w' in its snapshot is no tensor/],
    [withController('derive: undefined,'), ofController, /the controller 'mine' creates nothing with 'derive'/],
    [importing('defineController', "export default defineController({ name: 'mine', description: '', options: z.strictObject({}) });"), ofController, /the controller 'mine' has no function 'create'/],
    [importing('defineController', "export default defineController({ name: 'mine', description: '', create() {} });"), ofController, /the options of the controller 'mine' are no schema/],
    [importing('defineController', "export default defineController({ name: 'mine', description: '', options: z.strictObject({}), create() {} });"), ofController, /the controller 'mine' creates undefined/],
  ],
  optimizer: [
    [withLink(`update: ${THROWN}`), ofOptimizer, fails("the optimizer '.*own.mjs'", 'mistake')],
    [withLink(`settle: ${THROWN}`), ofOptimizer, fails("the optimizer '.*own.mjs'", 'mistake')],
    [withLink(`start: ${THROWN}, gradientEvaluations: 2, update: (u) => u`), ofOptimizer, fails("the optimizer '.*own.mjs'", 'mistake')],
    [withLink('update: () => undefined'), ofOptimizer, /the optimizer '.*own\.mjs' returns undefined from 'update'/],
    [withLink('update: (u) => mapNamed(u, (t) => tf.sum(t))'), ofOptimizer, /returns a tensor float32 \[\] for '.*\/kernel' \[2, \d\]/],
    [withLink('update: (u) => ({ ...u, more: tf.zeros([1]) })'), ofOptimizer, /returns 'more', which is not among the given names/],
    [withLink('update: (u) => mapNamed(u, () => 3)'), ofOptimizer, /returns 3 for/],
    [withLink("name: 'a/b', update: (u) => u"), ofOptimizer, /has a link .*\n {2}a link is an object with a name, without slashes/],
    [importing('defineOptimizer', "export default defineOptimizer({ name: 'mine', options: z.strictObject({}), create: () => ({}) });"), ofOptimizer, /the optimizer '.*own\.mjs' creates \{\}/],
    [importing('defineOptimizer', `export default defineOptimizer({ name: 'mine', options: z.strictObject({}), create: ${THROWN} });`), ofOptimizer, fails("the optimizer 'mine'", 'mistake')],
    [importing('definePreconditioner', `export default definePreconditioner({ name: 'mine', options: z.strictObject({}), create: () => ({ name: 'mine', update: ${THROWN} }) });`), search('search.optimizer={name: sgd, preconditioner: {name: own, part: ./own.mjs}}'), fails("the preconditioner '.*own.mjs'", 'mistake')],
  ],
  regularizer: [
    [withRegularizer(`remember: ${THROWN},`), ofRegularizer, fails("the regularizer '.*own.mjs'", 'mistake')],
    [withRegularizer(`settle: ${THROWN},`), ofRegularizer, fails("the regularizer '.*own.mjs'", 'mistake')],
    [withRegularizer(`startEpoch: ${THROWN},`), ofRegularizer, fails("the regularizer '.*own.mjs'", 'mistake')],
    [withRegularizer('settle: () => ({ nothing: tf.zeros([1]) }),'), ofRegularizer, /returns 'nothing', which is not among the given names/],
    [withRegularizer('status: () => undefined,'), ofRegularizer, /the regularizer '.*own\.mjs' returns undefined from 'status'/],
    [withRegularizer('tensors: () => 3,'), ofRegularizer, /returns 3 from 'tensors'/],
    [withRegularizer('watched: undefined,'), ofRegularizer, /returns undefined from 'watched'/],
    [withRegularizer('dispose: undefined,'), ofRegularizer, /creates nothing with 'dispose'/],
  ],
  objective: [
    [withObjective(THROWN), ofObjective, fails("the objective 'mine'", 'mistake')],
    [withObjective('() => undefined'), ofObjective, /the objective 'mine' is undefined for a network/],
  ],
  proxy: [
    [withProxy(THROWN), ofProxy, fails("the proxy 'mine'", 'mistake')],
    [withProxy("() => 'much'"), ofProxy, /mine was left out: it is finite for none/],
    [withProxy('undefined'), ofProxy, /the proxy 'mine' has no function 'score'/],
  ],
  data: [
    [withData(THROWN), ofData, fails("the data set 'mine'", 'mistake')],
    [withData(`async ${THROWN}`), ofData, fails("the data set 'mine'", 'mistake')],
    [withData("() => ({ train: (function* () { throw new TypeError('mistake') })() })"), ofData, fails("the data set 'mine'", 'mistake')],
    [withData('() => undefined'), ofData, /the data set 'mine' loads undefined/],
    [withData('() => ({ train: [1, 2] })'), ofData, /data: training part: example 0 has no input/],
  ],
  study: [
    [withStudy(`run: ${THROWN},`), ofStudy, fails("the study 'mine'", 'mistake')],
    [withStudy(`run: async ${THROWN},`), ofStudy, fails("the study 'mine'", 'mistake')],
    [withStudy('run: () => undefined,'), ofStudy, /the result of the study 'mine'/],
    [withStudy("run: () => ({ verdict: '', rows: [{ id: 'a' }], sections: [] }),"), ofStudy, /the result of the study 'mine':\n.*\n.*rows\[0\]\.quantity/],
    [withStudy("run: () => ({ verdict: '', rows: [], sections: [{ title: 'One', tables: [{}] }] }),"), ofStudy, /the content of 'One' of the study 'mine'/],
    [withStudy(`units: { one: ${THROWN} }, run: (_options, { perform }) => perform([{ unit: 'one', payload: {}, label: 'one' }]),`), ofStudy, fails("the study 'mine'", 'mistake')],
    [withStudy("units: { one: () => 3 }, run: (_options, { perform }) => perform([{ unit: 'one', payload: {}, label: 'one' }]),"), ofStudy, /the study 'mine' returns 3 from 'one'/],
    [withStudy('run: undefined,'), ofStudy, /the study 'mine' has no function 'run'/],
  ],
  chapter: [
    [withChapter(THROWN), ofChapter, fails("the chapter 'mine'", 'mistake')],
    [withChapter('() => 3'), ofChapter, /the content of the chapter 'mine'/],
    [withChapter("() => ({ text: 'one' })"), ofChapter, /the content of the chapter 'mine':\n.*\n.*text/],
    [withChapter("() => ({ tables: [{ name: 'a', title: 'A', columns: ['x'], rows: [[{}]] }] })"), ofChapter, /the content of the chapter 'mine'/],
  ],
}; // prettier-ignore

describe('errors of the own code', function () {
  this.timeout(120_000);
  const folder = temporaryFolder(this);
  const prepare = (text: string): string => {
    const path = join(folder(), 'here');
    mkdirSync(path);
    mkdirSync(join(path, 'node_modules'));
    symlinkSync(ROOT, join(path, 'node_modules', 'weft-nas'));
    symlinkSync(join(ROOT, 'node_modules', 'tsx'), join(path, 'node_modules', 'tsx'));
    tinyTable(join(path, 'data.csv'));
    writeFileSync(join(path, 'own.mjs'), text);
    return path;
  };

  for (const [part, cases] of Object.entries(mistakes))
    for (const [i, [text, line, said]] of cases.entries())
      it(`name the ${part} and its line (${i + 1} of ${cases.length}: ${said.source.slice(0, 70)})`, async () => {
        const path = prepare(text);
        if (line === ofChapter) {
          await tryLine([...search(), '--runs', 'runs'], path);
          symlinkSync(onlyRun(join(path, 'runs')), join(path, 'run'));
        }
        const outcome = await tryLine(line, path);
        expect(outcome.code, `${outcome.stdout}\n${outcome.stderr}`).to.equal(1);
        expect(outcome.stderr, outcome.stderr).to.match(said);
        expect(outcome.stderr).to.not.match(/\n\s+at .*:\d+:\d+/);
      });

  it('come from the real command, and from processes of its own, in the same words', async () => {
    const path = prepare(withOperation('forward: ([x]) => tf.matMul(x, x)'));
    const here = await weft(ofSpace, { cwd: path });
    expect(here.code, here.stderr).to.equal(1);
    expect(here.stderr).to.match(fails("own/middle: the operation 'mine'", '.*matMul'));
    const there = await weft([...ofSpace, '--seeds', '1', '--executor', 'local', '--workers', '1'], { cwd: path });
    expect(there.code, there.stderr).to.equal(1);
    expect(there.stderr + there.stdout).to.match(/own\/middle: the operation 'mine' fails: .*matMul/);
  });

  it('are told from bugs of Weft, from signals and from errors that are typed already', () => {
    const part = { code: 'space', what: 'the space' } as const;
    const ofWeft = new TypeError('broken');
    ofWeft.stack = `TypeError: broken\n    at f (file://${ROOT}/src/graph/builder.ts:1:1)\n    at g (file://${ROOT}/node_modules/zod/index.js:1:1)`;
    let said = '';
    const stream = { write: (text: string | Uint8Array) => ((said += String(text)), true) };
    expect(reportError(ofWeft, stream)).to.equal(70);
    expect(said).to.match(/this is a bug in weft/);
    for (const error of [ofWeft, new Signal('stop'), new WeftError('data', 'known')])
      expect(() =>
        inOwnCode(part, () => {
          throw error;
        }),
      ).to.throw(error as Error);
    expect(() =>
      inOwnCode(part, () => {
        throw new RangeError('Array buffer allocation failed');
      }),
    ).to.throw(RangeError, 'Array buffer allocation failed');
    expect(reportError(new RangeError('Array buffer allocation failed'), stream)).to.equal(1);
  });
});
