/**
 * What importing the package, or asking the command for help, loads: nothing that only a computation, a report or a
 * command needs.
 */
import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { isBuilt } from '../built.js';

/** Prints the address of every module that is loaded, by `import` or by `require`. */
const HOOK = `
import Module, { register } from 'node:module';
const load = Module._load;
Module._load = function (name, ...rest) { process.stdout.write(name + '\\n'); return load.call(this, name, ...rest); };
register('data:text/javascript,' + encodeURIComponent(
  'export async function load(url, context, next) { process.stdout.write(url + "\\\\n"); return next(url, context); }'));
`;
const LATER = ['@tensorflow', 'linkedom', '@observablehq', '@hpcc-js', 'sharp', 'pg-boss', 'pngjs', 'jpeg-js', 'yaml'];

/** The packages among LATER that a program loads. */
function loadedBy(program: string): string[] {
  const script = `${HOOK}\nawait (async () => { ${program} })();`;
  const output = execFileSync(
    process.execPath,
    ['--import', 'tsx', '--conditions=@weft-nas/source', '--input-type=module', '-e', `${script}`],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '' } },
  );
  const names = output.split('\n').filter(Boolean);
  return LATER.filter((name) => names.some((line) => line.startsWith(name) || line.includes(`/node_modules/${name}`)));
}

describe('importing weft-nas', function () {
  this.timeout(60_000);
  const source = (path: string): string => JSON.stringify(pathToFileURL(path).href);

  it('loads neither TensorFlow.js nor report libraries', () => {
    expect(loadedBy(`await import('weft-nas');`)).to.deep.equal([]);
  });
  it('loads TensorFlow.js on the first computation, with Weft’s kernels', () => {
    const program = `
      const { nn, tf } = await import('weft-nas');
      if (nn.dense(tf.ones([1, 2]), tf.ones([2, 1]), tf.ones([1])).dataSync()[0] !== 3) throw new Error('wrong');`;
    expect(loadedBy(program)).to.deep.equal(['@tensorflow']);
  });
  it('loads few files when built: zod, other necessary packages, and some of Weft’s', function () {
    if (!isBuilt()) this.skip();
    const script = `${HOOK}\nawait import(${JSON.stringify(pathToFileURL('dist/src/index.js').href)});`;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    const files = [...new Set(output.split('\n').filter((line) => line.startsWith('file:')))];
    expect(files.filter((file) => !file.includes('/node_modules/zod/')).length).to.be.below(45);
  });
  it('is not needed for the help of the command', () => {
    expect(loadedBy(`(await import(${source('src/cli/program.ts')})).program().helpInformation();`)).to.deep.equal([]);
  });
});
