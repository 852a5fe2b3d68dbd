import { expect } from 'chai';
import { z } from 'zod';
import { WeftError } from '../../src/errors.js';
import { catalogue, summaries } from '../../src/parts/catalogue.js';

const circle = {
  name: 'circle',
  looks: 'round',
  schema: z.strictObject({ name: z.literal('circle'), radius: z.number().positive().default(1) }),
  create: ({ radius }: { radius: number }, unit: string) => `${radius} ${unit}`,
};
const square = {
  name: 'square',
  looks: 'angular',
  schema: z.strictObject({
    name: z.literal('square'),
    side: z.number().default(2),
    base: circle.schema.prefault({ name: 'circle' }),
  }),
  create: ({ side, base }: { side: number; base: { radius: number } }, unit: string) =>
    `${side} ${unit} on ${base.radius}`,
};
const parts = [circle, square] as const;
const shapes = catalogue('shape', parts);

function refusal(config: object): WeftError {
  try {
    shapes.create(config as { name: string }, 'm');
  } catch (error) {
    expect(error).to.be.instanceOf(WeftError);
    return error as WeftError;
  }
  throw new Error(`${JSON.stringify(config)} was accepted`);
}

describe('a catalogue', () => {
  it('builds the part that a configuration names, with its defaults', () => {
    expect(shapes.create({ name: 'circle' }, 'm')).to.equal('1 m');
    expect(shapes.create({ name: 'square', side: 3 } as { name: string }, 'm')).to.equal('3 m on 1');
    expect(shapes.build(shapes.schema.parse({ name: 'circle', radius: 4 }), 'km')).to.equal('4 km');
  });

  it('describes everything about its parts except how they are built', () => {
    expect(summaries<(typeof parts)[number]>(parts)).to.deep.equal([
      { name: 'circle', looks: 'round' },
      { name: 'square', looks: 'angular' },
    ]);
  });

  it('names an unknown part, and the nearest known one', () => {
    expect(refusal({ name: 'circel' })).to.include({ code: 'config', message: "there is no shape 'circel'" });
    expect(refusal({ name: 'circel' }).hint).to.include("did you mean 'circle'");
    expect(refusal({ name: 'circle', raduis: 1 }).message).to.equal("the shape 'circle' has no option 'raduis'");
    expect(refusal({ name: 'circle', raduis: 1 }).hint).to.include("did you mean 'radius'");
    expect(refusal({ name: 'circle', radius: -1 }).message).to.include("the shape 'circle' cannot take radius");
    expect(refusal({ name: 'square', base: { name: 'circle', radius: 0 } }).message).to.include(
      "the shape 'circle' cannot take radius",
    );
    expect(refusal({ name: 'square', base: { name: 'square' } }).message).to.equal(
      "'square' cannot be the base of 'square'",
    );
  });
});
