import { expect } from 'chai';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enas } from '../../controllers/enas.js';
import { evolution } from '../../controllers/evolution.js';
import { mlp } from '../../search-spaces/mlp.js';
import { checkConfig, loadConfig, mergeConfig, parseOverride, parseOverrides } from '../../src/config/index.js';
import { parseSeeds } from '../../src/cli/commands/parallel-runs.js';
import { whole } from '../../src/cli/options.js';
import { parseDuration } from '../../src/cli/commands/search.js';
import { said } from '../said.js';
import { ROOT } from '../search/weft.js';

describe('configuration', () => {
  let folder: string;
  const file = (text: string): string => {
    const path = join(folder, 'weft.yaml');
    writeFileSync(path, text);
    return path;
  };
  before(() => (folder = mkdtempSync(join(tmpdir(), 'weft-config-'))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('has a default for everything', () => {
    const config = checkConfig({});
    expect(config.space.name).to.equal('macro-cnn');
    expect(config.controller.name).to.equal('enas');
    expect(config.data.source).to.equal('digits');
    expect(checkConfig(config)).to.deep.equal(config);
  });

  it('refuses a warm-up longer than the training', () => {
    const refused = (config: object): string => said(() => checkConfig(config));
    expect(refused({ search: { epochs: 4, optimizer: { name: 'adamw', warmUp: 100 } } })).to.contain(
      'search.optimizer.warmUp: the learning rate would not reach its maximum',
    );
    expect(
      refused({ retrain: { epochs: 2, optimizer: { name: 'sam', base: { name: 'momentum', warmUp: 3 } } } }),
    ).to.contain('retrain.optimizer.warmUp');
    expect(checkConfig({ retrain: { epochs: 0, optimizer: { name: 'adamw', warmUp: 3 } } }).retrain.epochs).to.equal(0);
  });

  it('merges file, flags and overrides, later ones winning', () => {
    const path = file('seed: 3\nsearch:\n  epochs: 7\n  optimizer: { name: nesterov, learningRate: 0.2 }\n');
    const config = loadConfig(path, { seed: 4 }, parseOverrides(['search.optimizer.learningRate=0.3']));
    expect(config.seed).to.equal(4);
    expect(config.search.epochs).to.equal(7);
    expect(config.search.optimizer).to.include({ name: 'nesterov', learningRate: 0.3 });
  });

  it('drops the options of a part that is replaced by another name', () => {
    expect(mergeConfig({ space: { name: 'mlp', depth: 3 } }, { space: { name: 'macro-cnn' } })).to.deep.equal({
      space: { name: 'macro-cnn' },
    });
    expect(mergeConfig({ space: { name: 'mlp', depth: 3 } }, { space: { depth: 4 } })).to.deep.equal({
      space: { name: 'mlp', depth: 4 },
    });
  });

  it('says where YAML is invalid', () => {
    expect(said(() => loadConfig(file('seed: 1\nsearch: {epochs: 3\ndata: x\n')))).to.match(/weft\.yaml:\d+:\d+: /);
    expect(said(() => loadConfig(file('- a\n- b\n')))).to.match(/weft\.yaml:1:1: .*a sequence/);
    expect(said(() => loadConfig(join(folder, 'none.yaml')))).to.match(/no configuration file/);
  });

  it('names an unknown field with its line, its column and the nearest known one', () => {
    expect(said(() => loadConfig(file('seed: 1\nsearch:\n  epoch: 3\n')))).to.match(
      /weft\.yaml:3:3: unknown option 'search\.epoch': did you mean 'epochs'\?/,
    );
    expect(said(() => loadConfig(file('sed: 1\n')))).to.match(
      /weft\.yaml:1:1: unknown option 'sed': did you mean 'seed'\?/,
    );
  });

  it('names a wrong value with its position', () => {
    expect(said(() => loadConfig(file('data:\n  labelNoise: 2\n')))).to.match(/weft\.yaml:2:3: data\.labelNoise: /);
    expect(said(() => loadConfig(file('search:\n  optimizer: { name: nestrov }\n')))).to.match(/search\.optimizer/);
  });

  it('reads overrides as YAML', () => {
    expect(parseOverride('a.b=3')).to.deep.equal({ a: { b: 3 } });
    expect(parseOverride('a={name: sam, rho: 0.05}')).to.deep.equal({ a: { name: 'sam', rho: 0.05 } });
    expect(said(() => parseOverride('a.b'))).to.match(/--set a\.b: not in the form field=value/);
  });

  it('accepts just a name for a part that is chosen by name', () => {
    expect(parseOverride('search.optimizer=sam')).to.deep.equal({ search: { optimizer: { name: 'sam' } } });
    const { search } = loadConfig(
      undefined,
      {},
      parseOverrides(['search.optimizer=sgd', 'search.optimizer.preconditioner=kfac']),
    );
    expect(search.optimizer).to.have.nested.property('preconditioner.name', 'kfac');
    expect(parseOverride('space.optimizer=sam')).to.deep.equal({ space: { optimizer: 'sam' } });
  });

  it('refuses settings that would need more memory than there is', () => {
    const counts = ['search.samplesPerRound', 'search.probe', 'search.warmStart.pool', 'search.proxyFilter.draws', 'search.elastic.networks', 'search.elastic.draws', 'derive.candidates', 'derive.random']; // prettier-ignore
    for (const field of counts)
      expect(
        said(() => checkConfig(parseOverride(`${field}=1000000000`))),
        field,
      ).to.include(`${field}: Too big`);
    const setting = { space: mlp.create({}, { inputShape: [4], classes: 2 }), seed: 1 };
    expect(said(() => enas.create({ lstmSize: 1e9 }, setting))).to.include('lstmSize');
    expect(said(() => evolution.create({ sample: 1e9 }, setting))).to.include('sample');
    for (const [of, most] of [
      ['architectures', 100_000],
      ['processes', 1024],
      ['ports', 65_535],
    ] as const)
      // prettier-ignore
      expect(() => whole(1, of)(`${most + 1}`)).to.throw(`and at most ${most}`);
  });

  it('suggests where an unknown name belongs, or what it is called here', () => {
    const refusal = (text: string): string => said(() => loadConfig(undefined, {}, parseOverrides([text])));
    expect(refusal('search.optimizer=kfac')).to.match(
      /--set search\.optimizer=kfac: .*there is no optimizer 'kfac': 'kfac' is a preconditioner.*\{name: sgd, preconditioner: \{name: kfac\}\}/,
    );
    expect(refusal('search.optimizer=K-FAC')).to.match(/'kfac' is a preconditioner/);
    expect(refusal('search.optimizer=g-tracer')).to.match(/did you mean 'sgd-tracer'\?/);
    expect(refusal('retrain.optimizer=nestrov')).to.match(/did you mean 'nesterov'\?/);
    expect(refusal('search.optimizer={name: sgd, preconditioner: {name: sam}}')).to.match(
      /no preconditioner 'sam': 'sam' is an optimizer/,
    );
    expect(refusal('search.optimizer={name: sam, base: {name: asam}}')).to.match(/optimizer, but not a plain one/);
    expect(refusal('search.optimizer=constructor')).to.match(/there is no optimizer 'constructor'/);
  });

  it('points from a misplaced name to an accepted form', () => {
    expect(() =>
      checkConfig(parseOverride('search.optimizer={name: sgd, preconditioner: {name: kfac}}')),
    ).not.to.throw();
  });

  it('reads durations', () => {
    expect(['90s', '10m', '1.5h'].map(parseDuration)).to.deep.equal([90, 600, 5400]);
    expect(said(() => parseDuration('soon'))).to.match(/not a length of time/);
    expect(parseSeeds('1-3, 7')).to.deep.equal([1, 2, 3, 7]);
    for (const many of ['1-1000000000', '99999999999999999999'])
      expect(said(() => parseSeeds(many))).to.match(/more than 10000 seeds, or contains too large a seed/);
    expect(said(() => parseDuration('10'))).to.match(/'10' has no unit of time.*10s, 10m or 10h/s);
  });

  it('accepts every shipped recipe', () => {
    const recipes = readdirSync(join(ROOT, 'runs', 'recipes')).filter((name) => name.endsWith('.yaml'));
    expect(recipes).to.include('digits.yaml');
    for (const recipe of recipes) loadConfig(join(ROOT, 'runs', 'recipes', recipe));
  });
});
