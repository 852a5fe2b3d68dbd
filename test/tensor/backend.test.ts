import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { WeftError } from '../../src/errors.js';
import { describeBackend, loadBackend, type BackendName } from '../../src/tensor/backend.js';
import { tf } from '../../src/tensor/tf.js';
import { loads } from './backends.js';

const MODULE = new URL('../../src/tensor/backend.ts', import.meta.url).href;
const FLAGS = ['--import', 'tsx', '--conditions=@weft-nas/source', '--input-type=module', '-e'];

/** Runs a script that imports `backend.ts` in a fresh process with these variables set. */
function inFreshProcess(script: string, variables: Record<string, string> = {}) {
  const source = `import { describeBackend, loadBackend } from ${JSON.stringify(MODULE)};\n${script}`;
  const env = { ...process.env, WEFT_BACKEND: '', WEFT_THREADS: '', ...variables };
  return spawnSync(process.execPath, [...FLAGS, source], { encoding: 'utf8', env });
}

async function failure(wanted: string): Promise<WeftError> {
  const error = await loadBackend(wanted as BackendName).catch((e: unknown) => e);
  expect(error).to.be.instanceOf(WeftError);
  return error as WeftError;
}

describe('loadBackend', () => {
  for (const name of ['cpu', 'wasm', 'native'] as const) {
    it(`computes on ${name} and describes it`, async function () {
      if (!(await loads(name))) this.skip();
      const [a, b] = await tf
        .tidy(() =>
          tf.matMul(
            tf.tensor2d([[1, 2]]),
            tf.tensor2d([
              [3, 5],
              [4, 6],
            ]),
          ),
        )
        .data();
      expect([a, b]).to.deep.equal([11, 17]);
      expect(describeBackend()).to.include({ name });
      expect(describeBackend().library).to.match(/TensorFlow.* \d+\.\d+\.\d+/);
    });
  }

  it('switches from one backend to another and back', async () => {
    for (const name of ['wasm', 'cpu', 'wasm'] as const) {
      await loadBackend(name);
      expect(describeBackend().name).to.equal(name);
    }
  });

  it('takes the compiled WebAssembly with SIMD', async () => {
    await loadBackend('wasm');
    expect(describeBackend().library).to.contain('SIMD');
  });

  it('names an unknown backend and the nearest known one', async () => {
    const { code, message, hint } = await failure('natve');
    expect(code).to.equal('backend');
    expect(message).to.contain("'natve'");
    expect(hint).to.match(/did you mean 'native'\?.*wasm/);
  });

  it('says why a backend does not load and what to do', async function () {
    if (await loads('gpu')) this.skip();
    const { code, message, hint } = await failure('gpu');
    expect(code).to.equal('backend');
    expect(message).to.match(/'gpu' cannot be loaded: .+/);
    expect(hint).to.contain('weft setup --gpu');
  });

  it('changes nothing for the other backends if there is no device', function () {
    const script = `
      const before = JSON.stringify(process.env);
      const name = await loadBackend('gpu').catch(() => 'none');
      console.log(name === 'gpu' ? 'gpu' : JSON.stringify(process.env) === before);`;
    const { stdout } = inFreshProcess(script);
    if (stdout === 'gpu\n') this.skip();
    expect(stdout).to.equal('true\n');
  });

  it('prints nothing, on no backend', async () => {
    const script = `
      import { tf } from ${JSON.stringify(new URL('../../src/tensor/tf.ts', import.meta.url).href)};
      for (const name of ['cpu', 'wasm', 'native', 'cpu']) { await loadBackend(name).catch(() => {}); tf.square(3).dataSync(); }`;
    const { stdout, stderr, status } = inFreshProcess(script);
    expect({ stdout, stderr, status }).to.deep.equal({ stdout: '', stderr: '', status: 0 });
  });

  it('lets WEFT_BACKEND choose, with an argument taking precedence', () => {
    const script =
      "await loadBackend(); const first = describeBackend().name; await loadBackend('cpu'); console.log(first, describeBackend().name);";
    expect(inFreshProcess(script, { WEFT_BACKEND: 'wasm' }).stdout).to.equal('wasm cpu\n');
  });

  it('refuses an unknown WEFT_BACKEND and a WEFT_THREADS that is not a number', () => {
    const script = 'await loadBackend().catch(({ message }) => console.log(message));';
    expect(inFreshProcess(script, { WEFT_BACKEND: 'webgl' }).stdout).to.contain("no backend 'webgl'");
    expect(inFreshProcess(script, { WEFT_THREADS: 'two' }).stdout).to.contain("WEFT_THREADS is 'two'");
  });

  it('makes TensorFlow start the requested number of threads', async function () {
    if (!existsSync('/proc/self/task') || !(await loads('native'))) this.skip();
    const script = `
      import { readdirSync } from 'node:fs';
      await loadBackend('native', { threads: Number(process.env.N) });
      console.log(readdirSync('/proc/self/task').length, describeBackend().threads);`;
    const [one, four] = ['1', '4'].map((N) => inFreshProcess(script, { N }).stdout.trim().split(' ').map(Number)) as [
      number[],
      number[],
    ];
    // Three more for operations; what runs operations side by side has one thread whatever is asked.
    expect(four[0]! - one[0]!).to.equal(3);
    expect([one[1], four[1]]).to.deep.equal([1, 4]);
  });
});
