import { expect } from 'chai';
import { environmentChanges, refuseChanges, sayChanges } from '../../src/runs/environment-change.js';
import { describeEnvironment, type Environment } from '../../src/runs/environment.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { said } from '../said.js';

const NATIVE: Environment = {
  weft: '0.1.0',
  node: 'v20.1.0',
  tfjs: '4.22.0',
  backend: 'tensorflow',
  library: '2.9.1',
  platform: 'linux 6.1.0 x64',
  cpu: 'AMD EPYC',
  instructions: 'avx avx2 fma sse4_1 sse4_2',
  threads: 2,
  variables: {},
};

describe('the environment in which numbers are computed', () => {
  const changed = (change: Partial<Environment>, before = NATIVE): string[] =>
    environmentChanges(before, { ...before, ...change }).map(({ what }) => what);

  for (const [what, change] of [
    ['threads', { threads: 4 }],
    ['threads', { variables: { TF_NUM_INTRAOP_THREADS: '1' } }],
    ['Node', { node: 'v22.1.0' }],
    ['TensorFlow', { library: '2.10.0' }],
    ['TensorFlow.js', { tfjs: '4.23.0' }],
    ['processor', { cpu: 'Intel Xeon' }],
    ['vector instructions', { instructions: 'avx avx2 avx512f fma' }],
    ['backend', { backend: 'cpu' }],
    ['system', { platform: 'darwin 6.1.0 x64' }],
    ['TF_ENABLE_ONEDNN_OPTS', { variables: { TF_ENABLE_ONEDNN_OPTS: '1' } }],
    ['NVIDIA_TF32_OVERRIDE', { variables: { NVIDIA_TF32_OVERRIDE: '0' } }],
    ['Weft', { weft: '0.2.0' }],
  ] as const) {
    it(`differs in ${what} if ${Object.keys(change).join()} does`, () => expect(changed(change)).to.include(what));
  }

  it('is the same with the same number of threads, however set, and with another OS kernel', () => {
    expect(changed({})).to.deep.equal([]);
    expect(changed({ variables: { TF_NUM_INTRAOP_THREADS: '2', TF_NUM_INTEROP_THREADS: '2' } })).to.deep.equal([]);
    expect(changed({ platform: 'linux 6.8.0 x64', revision: 'abc' })).to.deep.equal([]);
  });

  it('is the same whether oneDNN is used by default or on request', () => {
    const server = { ...NATIVE, instructions: `${NATIVE.instructions} avx512_vnni` };
    const asked = (value: string) => ({ variables: { TF_ENABLE_ONEDNN_OPTS: value } });
    expect(changed(asked('1'), server)).to.deep.equal([]);
    expect(changed(asked('0'), server)).to.deep.equal(['TF_ENABLE_ONEDNN_OPTS']);
    expect(changed(asked('0'))).to.deep.equal([]);
  });

  it('is not compared if it was not recorded', () => {
    const { instructions: _, ...older } = NATIVE;
    expect(environmentChanges(older, NATIVE)).to.deep.equal([]);
    expect(environmentChanges({}, NATIVE)).to.deep.equal([]);
  });

  it('omits processor and threads for plain JavaScript and WebAssembly', () => {
    for (const backend of ['cpu', 'wasm'])
      expect(changed({ cpu: 'Intel Xeon', threads: 64, instructions: '' }, { ...NATIVE, backend })).to.deep.equal([]);
  });

  it('is refused with both values and the remedy, except for another version of Weft', () => {
    const threads = environmentChanges(NATIVE, { ...NATIVE, threads: 1 });
    expect(sayChanges(threads)).to.equal('threads 2 then, 1 now');
    expect(said(() => refuseChanges('runs/x', threads))).to.match(
      /^runs\/x was computed under different conditions: threads 2 then, 1 now .*WEFT_THREADS=2.*--allow-changed-environment/,
    );
    const variable = (name: string): string =>
      said(() => refuseChanges('runs/x', environmentChanges(NATIVE, { ...NATIVE, variables: { [name]: '1' } })));
    expect(variable('TF_ENABLE_ONEDNN_OPTS')).to.contain('0 then, 1 now').and.contain('set TF_ENABLE_ONEDNN_OPTS=0,');
    expect(variable('OMP_NUM_THREADS')).to.contain('not set then, 1 now').and.contain('unset OMP_NUM_THREADS,');
    refuseChanges('runs/x', environmentChanges(NATIVE, { ...NATIVE, weft: '0.2.0' }));
  });

  it('is that of this process', async () => {
    await loadBackend('cpu');
    expect(environmentChanges(describeEnvironment(), describeEnvironment())).to.deep.equal([]);
    expect(describeEnvironment()).to.include({ node: process.version, backend: 'cpu' });
  });
});
