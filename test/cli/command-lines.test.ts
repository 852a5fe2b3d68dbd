/**
 * Whatever is typed, the answer is one clear line and nothing is left behind; no mistake of a user is called a defect
 * of weft.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stream } from '../../src/tensor/rng.js';
import { isBuilt } from '../built.js';
import { weft, withFolder, WEFT_COMMAND } from '../search/weft.js';
import { faultOf, makeSandbox, oddLine, soundLine, tryLine } from './odd-command-lines.js';

const SAMPLE = 60;

describe('mistakes on the command line', function () {
  this.timeout(240_000);

  const mistakes: [line: string[], said: RegExp][] = [
    [['search', '--set', 'data.size=[32, 32'], /--set data\.size=\[32, 32: .*Flow sequence.* must end with a \]/],
    [['search', '--set', 'seed="1'], /--set seed="1: .*Missing closing "quote/],
    [['search', '--set', 'seed=*x'], /--set seed=\*x: .*\*x refers to no anchor/],
    [['search', '--set', 'seed=-1'], /--set seed=-1: seed: Too small/],
    [['search', '--set', 'search.epochs=many'], /--set search\.epochs=many: search\.epochs: Invalid input/],
    [['search', '--set', 'search.optimizer={name: adam, lr: 1}'], /--set search\.optimizer=\{.*: unknown option.*'lr'|optimizer/],
    [['search', '--set', 'nosuch=1'], /--set nosuch=1: unknown option 'nosuch'/],
    [['search', '--set', '__proto__.seed=1'], /--set __proto__\.seed=1: not in the form/],
    [['search', '--set', 'constructor=1'], /--set constructor=1: unknown option 'constructor'/],
    [['search', '--set', 'space.widths[0]=3'], /--set space\.widths\[0\]=3: not in the form/],
    [['search', '--set', `seed=${'['.repeat(20_000)}`], /--set seed=/],
    [['search', '--config', 'alias.yaml'], /alias\.yaml:1:7: the alias \*x refers to no anchor before it/],
    [['search', '--config', 'bomb.yaml'], /bomb\.yaml:1:1: too many aliases/],
    [['search', '--config', 'proto.yaml'], /proto\.yaml:1:1: '__proto__' cannot be the name of a field/],
    [['search', '--config', '.'], /cannot read the configuration \.: .* is a folder/],
    [['search', '--config', 'pipe'], /cannot read the configuration pipe: .* is a pipe/],
    [['search', '--config', '/dev/zero'], /cannot read the configuration \/dev\/zero: .* is a device/],
    [['search', '--config', 'file/below'], /no configuration file file\/below/],
    [['search', '--space', '__proto__'], /no space and no file named '__proto__'/],
    [['search', '--controller', 'constructor'], /no controller and no file named 'constructor'/],
    [['search', '--space', 'mlp', '--preset', '__proto__'], /no preset '__proto__'/],
    [['search', '--space', ''], /space\.name/],
    [['search', '--space', './pipe'], /pipe is a pipe, not a file/],
    [['search', '--space', 'mlp', '--set', 'retrain.start=pipe'], /pipe is a pipe, not a file/],
    [['search', '--space', 'mlp', '--set', 'search.start=/dev/zero'], /\/dev\/zero is a device, not a file/],
    [['search', '--space', 'mlp', '--set', 'limits.latencyMs=1', 'limits.latencyTable=pipe'], /pipe is a pipe, not a file/],
    [['search', '--data', '__proto__'], /there is no data set and no path '__proto__'/],
    [['search', '--data', ''], /data\.source: Too small/],
    [['search', '--data', 'pipe'], /pipe/],
    [['search', '--data', 'file'], /file contains no data in a known format/],
    [['search', '--data', '/dev/zero'], /\/dev\/zero contains no data in a known format/],
    [['search', '--data', 'x'.repeat(300)], /x{300}/],
    [['search', '--seed', '-1'], /--seed <n>' argument '-1' is invalid\. It must be a whole number of at least 0/],
    [['search', '--seed', ''], /--seed <n>' argument '' is invalid/],
    [['search', '--epochs', '1e99'], /--epochs <n>' argument '1e99' is invalid/],
    [['search', '--recipe', '../../package'], /no recipe/],
    [['study', '__proto__'], /no study and no file named '__proto__'/],
    [['study', 'constructor'], /no study and no file named 'constructor'/],
    [['study', 'two-model', '--set', 'constructor=1'], /no option 'constructor'/],
    [['study', 'two-model', '--set', 'nosuch=1'], /--set nosuch=1: the study 'two-model' has no option 'nosuch'/],
    [['forgetting', 'two-model', '--shared', '1', '--set', 'target=x'], /--set target=x: options of the study 'two-model'/],
    [['halve', '--space', 'mlp', '--candidates', '2', '--first', '9007199254740991', '--backend', 'cpu'], /the longest training of this halving would have \d+ epochs, more than 1000000/],
    [['study', 'two-model', '--out', 'file/below'], /cannot write file\/below: a part of its path is a file/],
    [['spaces', '__proto__'], /no space and no file named '__proto__'/],
    [['init', 'file/below'], /cannot write file\/below: a part of its path is a file/],
    [['init', '/proc/nothing'], /cannot write \/proc\/nothing/],
    [['halve', '--space', 'mlp', '--out', 'file/below', '--candidates', '2', '--backend', 'cpu'], /cannot write file\/below/],
    [['search', '--space', 'mlp', '--backend', 'cpu', '--set', 'space.widths=[100000]'], /'mlp' has .* weights .*GB of memory, but there are only .*GB[^]*make space\.widths smaller; it is 100000/],
    [['search', '--recipe', 'digits', '--backend', 'cpu', '--set', 'space.filters=1000000000'], /make space\.filters smaller/],
    [['search', '--space', 'macro-cnn', '--backend', 'cpu', '--set', 'space.retrainFilters=1000000000'], /make space\.\w+ smaller; it is 1000000000/],
    [['evaluate', 'file'], /there is no run directory/],
    [['status', 'pipe'], /there is no run directory/],
    [['report', 'circle'], /there is no run directory/],
    [['init', 'pipe'], /cannot write pipe/],
    [['queue', 'status', '--queue', 'empty'], /no queue in/],
    [['queue', 'retry', '--queue', 'missing'], /no queue in/],
  ]; // prettier-ignore
  for (const [line, said] of mistakes)
    it(`weft ${line.join(' ').slice(0, 90)}`, async () => {
      const sandbox = makeSandbox();
      try {
        const outcome = await tryLine(line, sandbox.path);
        expect(outcome.code, outcome.stderr).to.equal(1);
        expect(outcome.stderr).to.match(said);
        expect(faultOf(outcome), outcome.stderr).to.equal(undefined);
      } finally {
        sandbox.remove();
      }
    });

  it(`in ${SAMPLE} random lines are reported as such, each in one line`, async () => {
    const runs = mkdtempSync(join(tmpdir(), 'weft-lines-run-'));
    try {
      await tryLine([...soundLine, '--runs', runs], runs);
      const [name] = readdirSync(runs);
      const run = join(runs, name!);
      for (let seed = 0; seed < SAMPLE; seed++) {
        const sandbox = makeSandbox(run);
        try {
          const line = oddLine(stream(seed, 'command lines'));
          const outcome = await tryLine(line, sandbox.path);
          expect(faultOf(outcome), `${JSON.stringify(line)}\n${outcome.stderr}`).to.equal(undefined);
        } finally {
          sandbox.remove();
        }
      }
    } finally {
      rmSync(runs, { recursive: true, force: true });
    }
  });

  it('starts a search with any number of epochs', () =>
    withFolder(async (folder) => {
      const { code, stderr } = await weft([
        ...soundLine,
        '--set',
        'search.epochs=9007199254740991',
        '--budget',
        '1s',
        '--runs',
        folder,
      ]);
      expect(code, stderr).to.equal(0);
    }));

  describe('and of the shell', () => {
    const shell = (script: string): Promise<{ code: number | null; stderr: string }> =>
      new Promise((done) => {
        const child = spawn('bash', ['-c', script, 'bash', process.execPath, ...WEFT_COMMAND], {
          stdio: ['ignore', 'ignore', 'pipe'],
        });
        let stderr = '';
        child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
        child.on('close', (code) => done({ code, stderr }));
      });

    it('few file descriptors', async function () {
      if (!isBuilt()) return this.skip(); // what compiles the source has errors of its own
      const { code, stderr } = await shell('ulimit -n 60; exec "$@" search --space mlp --epochs 1');
      expect(code, stderr).to.equal(1);
      expect(stderr).to.match(/^weft: .*may not open more files\n {2}raise the limit \(`ulimit -n/);
    });
    it('a reader that has gone', async () => {
      const { code, stderr } = await shell('"$@" optimizers | head -1 >/dev/null; exit ${PIPESTATUS[0]}');
      expect(code, stderr).to.equal(0);
      expect(stderr).to.equal('');
    });
    it('a full device as output', async () => {
      const { code, stderr } = await shell('exec "$@" optimizers >/dev/full');
      expect(code, stderr).to.equal(1);
      expect(stderr).to.equal('weft: cannot write the output: the disk is full\n');
    });
    it('no output at all', async () => {
      const { code, stderr } = await shell('exec "$@" optimizers >&-');
      expect([code, stderr]).to.deep.equal([0, '']);
    });
  });
});
