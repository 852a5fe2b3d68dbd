import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { gainsFromOneDnn, usesOneDnnByDefault, vectorInstructions } from '../../src/tensor/processor.js';
import { loads } from './backends.js';

const MODULE = new URL('../../src/tensor/backend.ts', import.meta.url).href;
const SCRIPT = `import { loadBackend } from ${JSON.stringify(MODULE)};
await loadBackend('native');
console.log(process.env.TF_ENABLE_ONEDNN_OPTS);`;

describe('oneDNN', () => {
  const TABLE = [
    ['avx avx2 fma sse4_1', false, true],
    ['avx avx2 avx512bw avx512f fma', false, true],
    ['avx avx2 avx512_vnni avx512f', true, false],
    ['amx_tile avx avx2', true, false],
    ['avx avx2 avx_vnni', true, false],
    ['avx sse4_2', false, false],
    ['asimd bf16 sve', false, false],
  ] as const;
  for (const [instructions, byDefault, gains] of TABLE) {
    it(`is ${byDefault ? '' : 'not '}the default and ${gains ? '' : 'not '}asked for with ${instructions}`, () => {
      expect(usesOneDnnByDefault(instructions)).to.equal(byDefault);
      expect(gainsFromOneDnn(instructions)).to.equal(gains);
    });
  }

  it('is asked for when the native library is loaded, unless a variable says otherwise', async function () {
    if (!(await loads('native'))) this.skip();
    const setting = (value?: string): string => {
      const { TF_ENABLE_ONEDNN_OPTS: _, ...env } = process.env;
      const given = value === undefined ? env : { ...env, TF_ENABLE_ONEDNN_OPTS: value };
      const flags = ['--import', 'tsx', '--conditions=@weft-nas/source', '--input-type=module', '-e', SCRIPT];
      return spawnSync(process.execPath, flags, { encoding: 'utf8', env: given }).stdout.trim();
    };
    expect(setting()).to.equal(gainsFromOneDnn(vectorInstructions() ?? '') ? '1' : 'undefined');
    expect(setting('0')).to.equal('0');
  });
});
