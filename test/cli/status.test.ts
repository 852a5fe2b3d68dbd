import { expect } from 'chai';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { status } from '../../src/cli/commands/status.js';
import { tinyRun } from '../runs/tiny-run.js';
import { temporaryFolder } from '../runs/temporary.js';
import { textPrintedBy } from './printed.js';

describe('weft status', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);

  async function stateOf(run: string): Promise<{ state: string; detail: string }> {
    const said = await textPrintedBy(() => Promise.resolve(status(undefined, { runs: join(run, '..'), json: true })));
    return JSON.parse(said) as { state: string; detail: string };
  }

  it('calls a run finished only if it can be opened', async () => {
    const run = await tinyRun(folder());
    expect(await stateOf(run)).to.include({ state: 'finished' });
    appendFileSync(join(run, 'config.yaml'), '# changed\n');
    expect(await stateOf(run)).to.deep.include({
      state: 'damaged',
      detail: `${join(run, 'config.yaml')} was changed after the run began`,
    });
    writeFileSync(join(run, 'manifest.json'), '{');
    const { state, detail } = await stateOf(run);
    expect(state).to.equal('damaged');
    expect(detail).to.include('manifest.json is not JSON').and.not.to.include('\n');
  });
});
