import { expect } from 'chai';
import { z } from 'zod';
import { WeftError } from '../../src/errors.js';
import { createTrainer, type OptimizerConfigInput, OPTIMIZERS, optimizerSchema } from '../../src/optimizers/index.js';
import { SETTING } from './problems.js';

function refusal(config: object): WeftError {
  try {
    createTrainer(config as OptimizerConfigInput, SETTING);
  } catch (error) {
    expect(error).to.be.instanceOf(WeftError);
    return error as WeftError;
  }
  throw new Error(`${JSON.stringify(config)} was accepted`);
}

describe('optimizer configuration', () => {
  it('fills in every default, and accepts its own result', () => {
    for (const { name } of OPTIMIZERS) {
      const config = optimizerSchema.parse({ name });
      expect(optimizerSchema.parse(config), name).to.deep.equal(config);
    }
    expect(optimizerSchema.parse({ name: 'nesterov' })).to.deep.equal({
      name: 'nesterov',
      momentum: 0.9,
      learningRate: 0.05,
      schedule: { name: 'cosine', minimum: 0, perEpoch: false },
      warmUp: 0,
      weightDecay: 0,
      weightDecayIn: 'gradient',
      weightDecayOn: 'all',
    });
  });

  it('has a JSON schema', () => {
    const schema = JSON.stringify(z.toJSONSchema(optimizerSchema, { io: 'input' }));
    for (const { name } of OPTIMIZERS) expect(schema).to.include(`"${name}"`);
  });

  it('suggests the nearest name and option, in the base too', () => {
    expect(refusal({ name: 'adammw' }).hint).to.include("did you mean 'adamw'");
    const option = refusal({ name: 'adamw', learningrate: 1 });
    expect(option.message).to.equal("the optimizer 'adamw' has no option 'learningrate'");
    expect(option.hint).to.include("did you mean 'learningRate'");
    const inner = refusal({ name: 'ema', base: { name: 'sam', base: { name: 'momentum', momentun: 0.5 } } });
    expect(inner.message).to.equal("the optimizer 'momentum' has no option 'momentun'");
    expect(inner.hint).to.include("did you mean 'momentum'");
    expect(refusal({ name: 'sam', base: { name: 'lionn' } }).hint).to.include("did you mean 'lion'");
  });

  it('refuses a wrapper as the base of a flatness optimizer', () => {
    expect(refusal({ name: 'sam', base: { name: 'ema' } }).message).to.equal("'ema' cannot be the base of 'sam'");
  });

  it('refuses negative rates and distances by name', () => {
    expect(refusal({ name: 'sam', rho: -0.1 }).message).to.include("'sam' cannot take rho");
    expect(refusal({ name: 'sgd', learningRate: -1 }).message).to.include("'sgd' cannot take learningRate");
    expect(refusal({ name: 'looksam', base: { name: 'sgd', learningRate: -1 } }).message).to.include(
      "'sgd' cannot take learningRate",
    );
    expect(refusal({ name: 'nesterov', schedule: { name: 'cosin' } }).message).to.include('schedule');
  });

  it('says what is missing: the size of the data for bsam, a second average for ema', () => {
    expect(refusal({ name: 'bsam' }).hint).to.equal('set dataSize');
    expect(refusal({ name: 'ema', base: { name: 'schedule-free-sgd' } }).message).to.include(
      'already averages its weights',
    );
  });
});
