import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runArguments } from '../../src/api/hints.js';
import { shellWord } from '../../src/printable.js';
import { temporaryFolder } from '../runs/temporary.js';

describe('next steps', function () {
  const folder = temporaryFolder(this);

  it('name files of code that the command loads only when named', () => {
    const [space, controller] = [join(folder(), 'my-space.ts'), join(folder(), 'my controller.ts')];
    for (const file of [space, controller]) writeFileSync(file, '');
    expect(runArguments('/runs/one', [space, controller])).to.equal(`/runs/one --file ${space} '${controller}'`);
  });

  it('give only the name of a file that has moved since the run', () => {
    expect(runArguments('/runs/one', [join(folder(), 'moved.ts')])).to.equal('/runs/one --file moved.ts');
  });

  it('name only the run if it needs no user code', () => {
    expect(runArguments('/runs/one', [])).to.equal('/runs/one');
    expect(runArguments('/runs/missing')).to.equal('/runs/missing');
  });

  it('quote every text as a single shell word', function () {
    if (process.platform === 'win32') this.skip();
    const texts = fc.sample(fc.string({ minLength: 1, unit: 'grapheme-ascii' }), { numRuns: 200, seed: 1 });
    const script = texts.map((text) => `printf '%s\\0' ${shellWord(text)}`).join('\n');
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).to.equal(
      texts.map((text) => `${text}\0`).join(''),
    );
  });
});
