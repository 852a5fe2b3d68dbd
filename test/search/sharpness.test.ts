/** Sharpness along a retraining, of a finished run, and in the reward. */
import { expect } from 'chai';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sharpness } from '../../src/cli/commands/sharpness.js';
import { readSharpness } from '../../src/api/sharpness-files.js';
import { WeftError } from '../../src/errors.js';
import { checkConfig } from '../../src/config/index.js';
import { sharpnessPenalty } from '../../src/search/sharpness.js';
import { onlyRun, TINY, weft, withFolder } from './weft.js';

describe('weft sharpness', function () {
  this.timeout(240_000);

  it('tracks a retraining, measures network and shared weights, and refuses invalid settings', () =>
    withFolder(async (folder) => {
      const searched = await weft([
        'search',
        ...TINY,
        '--runs',
        folder,
        '--set',
        'search.epochs=1',
        'search.sharpness.weight=0.5',
        'retrain.optimizer={name: sam, rho: 0.05, base: {name: sgd, learningRate: 0.1}}',
      ]);
      expect(searched.code, searched.stderr).to.equal(0);
      const run = onlyRun(folder);
      const events = readFileSync(join(run, 'events.jsonl'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown> & { type: string });
      const tracked = events.filter(({ type }) => type === 'sharpness');
      const { stepsPerEpoch } = events.find(({ type }) => type === 'retrain-started') as unknown as {
        stepsPerEpoch: number;
      };
      expect(tracked).to.have.length(Math.ceil((3 * stepsPerEpoch) / 4));
      const shared = events.filter(({ type }) => type === 'shared-sharpness');
      const search = events.find(({ type }) => type === 'search-started') as unknown as { stepsPerEpoch: number };
      expect(shared.map(({ step }) => step)).to.deep.equal(
        Array.from({ length: Math.ceil(search.stepsPerEpoch / 4) }, (_, i) => 4 * i),
      );
      expect(shared.every(({ sharpness: value }) => Number.isFinite(value))).to.equal(true);
      for (const event of tracked) {
        expect(event).to.include.keys(
          'sharpness',
          'residual',
          'gradientNorm',
          'alignment',
          'samAlignment',
          'learningRate',
        );
        const { descent, sam } = event['edges'] as { descent: number; sam: number };
        expect(descent).to.be.closeTo(2 / (event['learningRate'] as number), 1e-6 * descent);
        expect(sam).to.be.below(descent);
      }

      const child = await weft(['sharpness', run, '--examples', '64', '--ends', '1', '--products', '12', '--surface']);
      expect(child.code, child.stderr).to.equal(0);
      expect(child.stdout)
        .to.include('retrained network, on 64 training examples')
        .and.include('not a measure of quality');
      const found = JSON.parse(readFileSync(join(run, 'sharpness.json'), 'utf8')) as {
        top: unknown[];
        plane: { rows: number[][] };
        edges: { sam: number };
        method: string;
      };
      expect(found).to.include({ method: 'exact' });
      expect(found.plane.rows).to.have.length(15);

      const ofSupernet = await weft([
        'sharpness',
        run,
        '--supernet',
        '--examples',
        '32',
        '--ends',
        '1',
        '--products',
        '8',
      ]);
      expect(ofSupernet.code, ofSupernet.stderr).to.equal(0);
      expect(ofSupernet.stdout).to.include('shared weights of the derived architecture');
      expect(existsSync(join(run, 'sharpness-supernet.json'))).to.equal(true);
      expect(readFileSync(join(run, 'report.html'), 'utf8')).to.include('id="sharpness"');

      const refusal = await sharpness(run, { examples: 1, ends: 1, products: 1, rho: -1 }).catch(
        (error: unknown) => error as WeftError,
      );
      expect(refusal).to.be.instanceOf(WeftError).with.property('message', '--rho is -1');
      expect(Object.keys(readSharpness(run))).to.deep.equal(['child', 'supernet']);
      writeFileSync(join(run, 'sharpness.json'), '{');
      expect(() => readSharpness(run)).to.throw(WeftError, /sharpness\.json is not JSON/);
    }));

  it('subtracts the excess over the limit from a reward', () => {
    expect(sharpnessPenalty({ weight: 0.5, limit: 0 }, 0.4)).to.equal(0.2);
    expect(sharpnessPenalty({ weight: 0.5, limit: 0.3 }, 0.2)).to.equal(0);
    expect(sharpnessPenalty({ weight: 2, limit: 0.25 }, 0.5)).to.equal(0.5);
  });

  it('names wrong options with the nearest right one', () => {
    expect(() => checkConfig({ sharpness: { evry: 100 } })).to.throw(
      "unknown option 'sharpness.evry': did you mean 'every'?",
    );
    expect(() => checkConfig({ retrain: { optimizer: { name: 'sam', rho: -1 } } })).to.throw(/rho/);
    expect(() => checkConfig({ search: { sharpness: { weight: -1 } } })).to.throw(/weight/);
  });
});
