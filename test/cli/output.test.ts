/** What the command line prints: words for people, JSON for programs, and never both in one stream. */
import { expect } from 'chai';
import { createOutput, type OutputOptions } from '../../src/cli/output.js';

function printed(isTTY: boolean, options: OutputOptions, seconds = 0): { stdout: string; stderr: string } {
  const streams = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY,
    columns: 80,
    write: (text: string) => ((streams[name] += text), true),
  });
  const { hrtime } = process;
  const began = hrtime.bigint();
  const output = createOutput(options, { stdout: stream('stdout'), stderr: stream('stderr') } as never);
  try {
    process.hrtime = Object.assign(() => hrtime(), { bigint: () => began + BigInt(seconds * 1e9) });
    output.emit({ type: 'event' });
    output.say('words');
    output.status(['half done', 'more'], 'half');
    output.status(['three quarters'], 'more');
    output.status([]);
  } finally {
    process.hrtime = hrtime;
  }
  return streams;
}

describe('output', () => {
  it('is one JSON object per line with --json, with messages on the other stream', () => {
    for (const isTTY of [true, false])
      expect(printed(isTTY, { json: true }, 60)).to.deep.equal({ stdout: '{"type":"event"}\n', stderr: 'words\n' });
  });

  it('is text only without --json, with redrawn lines on a terminal', () => {
    expect(printed(false, {})).to.deep.equal({ stdout: 'words\n', stderr: '' });
    const { stdout, stderr } = printed(true, {});
    expect(stderr).to.equal('');
    expect(stdout).to.include('words\nhalf done\nmore\n\x1b[2A\x1b[0J').and.not.include('event');
  });

  it('has an occasional line of progress in a pipe', () => {
    expect(printed(false, {}, 20).stdout).to.equal('words\nhalf\n');
  });
});
