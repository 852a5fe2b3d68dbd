/** A thousand search steps: tensors are constant in number, resident memory is flat after the first steps. */
import { expect } from 'chai';
import { measureSearchMemory } from './search-memory.js';

describe('memory of a search', function () {
  this.timeout(300_000);

  it('does not grow over 1,000 steps', async () => {
    const { grownTensors, leftTensors, grownMB, residentMB } = await measureSearchMemory(1000);
    expect(grownTensors).to.equal(0);
    expect(leftTensors).to.equal(0);
    expect(grownMB, `resident MB: ${residentMB.map(Math.round).join(', ')}`).to.be.below(10);
  });
});
