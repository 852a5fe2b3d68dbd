/** Errors about an option that was given by `--set` name it. */
import { expect } from 'chai';
import { withOverrideNamed } from '../../src/cli/name-override.js';
import { runCommandLine } from '../../src/cli/run.js';
import { WeftError } from '../../src/errors.js';

describe('an error about --set', () => {
  for (const [argument, ...line] of [
    ['space.laayers=3', 'search', '--data', 'digits', '--space', 'macro-cnn'],
    ['controller.temprature=2', 'search', '--data', 'digits', '--controller', 'enas'],
    ['search.optimizer={name: adamw, learningrate: 1}', 'search', '--data', 'digits'],
    ['steps=many', 'study', 'stable-minima'],
    ['sedes=1', 'study', 'stable-minima'],
  ] as const) {
    it(`names ${argument}`, async () => {
      const { write } = process.stderr;
      let said = '';
      process.stderr.write = (text) => ((said += String(text)), true);
      try {
        expect(await runCommandLine([...line, '--set', argument])).to.equal(1);
      } finally {
        process.stderr.write = write;
      }
      expect(said).to.include(`--set ${argument}: `);
    });
  }

  it('names the one argument whose field the message names, once, and none where it is about something else', () => {
    const message = (text: string, code: 'config' | 'run', ...given: string[]): string =>
      (withOverrideNamed(new WeftError(code, text), given) as Error).message;
    expect(message("no option 'epoch'", 'config', 'search.epoch=3', 'seed=1')).to.match(/^--set search\.epoch=3: no/);
    expect(message("no option 'epoch'", 'config', 'search.epoch=3', 'retrain.epoch=1')).to.match(/^no option/);
    expect(message('--set seed=1: bad seed', 'config', 'seed=1')).to.match(/^--set seed=1: bad/);
    expect(message('the run has no seed', 'run', 'seed=1')).to.equal('the run has no seed');
    const bug = new TypeError('seed');
    expect(withOverrideNamed(bug, ['seed=1'])).to.equal(bug);
  });
});
