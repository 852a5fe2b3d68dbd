import { expect } from 'chai';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { report } from '../../src/cli/commands/report.js';
import { tinyRun } from '../runs/tiny-run.js';
import { temporaryFolder } from '../runs/temporary.js';
import { textPrintedBy } from './printed.js';

describe('weft report', function () {
  this.timeout(60_000);
  const folder = temporaryFolder(this);

  it('says what a report lacks if the events of a finished run are missing', async () => {
    const run = await tinyRun(folder());
    expect(await textPrintedBy(() => report([run], {}))).not.to.include('missing');
    rmSync(join(run, 'events.jsonl'));
    expect(await textPrintedBy(() => report([run], {}))).to.include(`${join(run, 'events.jsonl')} is missing`);
  });
});
