import { expect } from 'chai';
import { createLiveView } from '../../src/cli/live-view.js';
import { createOutput } from '../../src/cli/output.js';
import { type SearchEvent } from '../../src/search/events.js';

/** What is printed about events in a pipe. */
function printed(...events: SearchEvent[]): string {
  let text = '';
  const stream = { isTTY: false, columns: 80, write: (more: string) => ((text += more), true) };
  const view = createLiveView(createOutput({}, { stdout: stream, stderr: stream } as never));
  for (const event of events) view.event(event);
  return text;
}

const epoch = { type: 'epoch', epoch: 0, loss: 1.5, reward: 0.25, random: 0.125, entropy: 2 } as const;

describe('the line of an epoch', () => {
  it('has the rewards of a controller', () => {
    expect(printed({ ...epoch, best: { architecture: 'a', reward: 0.5 } })).to.equal(
      'epoch   1  loss 1.500  reward 25.0 %  random 12.5 %  entropy  2.00  best 50.0 %\n',
    );
  });

  it('leaves out what a strategy without a controller does not have', () => {
    expect(printed({ ...epoch, reward: null, random: null, entropy: null, best: null })).to.equal(
      'epoch   1  loss 1.500\n',
    );
  });
});
