/** Names that come from data never steer the terminal that they are shown on, nor the page that they stand in. */
import { expect } from 'chai';
import fc from 'fast-check';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLiveView } from '../../src/cli/live-view.js';
import { createOutput, reportError } from '../../src/cli/output.js';
import { runCommandLine } from '../../src/cli/run.js';
import { WeftError } from '../../src/errors.js';
import { codeSpan, nameInText } from '../../src/export/markdown.js';
import { readme } from '../../src/export/readme.js';
import { printable } from '../../src/printable.js';
import { html } from '../../src/report/html/markup.js';
import { type SearchEvent } from '../../src/search/events.js';
import { temporaryFolder } from '../runs/temporary.js';

/**
 * Clears the screen, sets the title, hides, rings, returns the carriage, in seven and eight bits; turns the direction
 * of reading.
 */
const HOSTILE = 'a\x1b[2Jb\x1b]0;title\x07c\x1b[8md\re\x9b31mf\x7f\u202eg\u2028h\0';
const STEERING = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

interface Terminal {
  readonly streams: Pick<NodeJS.Process, 'stdout' | 'stderr'>;
  written(): string;
}

function terminal(isTTY: boolean): Terminal {
  let written = '';
  const stream = { isTTY, columns: 80, write: (text: string) => ((written += text), true) };
  return { streams: { stdout: stream, stderr: stream } as unknown as Terminal['streams'], written: () => written };
}

/** What is left once the program's own moves of the cursor and styles are taken away. */
const ofData = (written: string): string => written.replace(/\x1b\[\d+A\x1b\[0J|\x1b\[(0|1|2|33|36)m/g, '');

describe('text from data on a terminal', function () {
  const folder = temporaryFolder(this);

  it('shows control characters as their codes, and anything else unchanged', () => {
    expect(printable(HOSTILE)).to.equal(
      'a\\x1b[2Jb\\x1b]0;title\\x07c\\x1b[8md\\x0de\\x9b31mf\\x7f\\u202eg\\u2028h\\x00',
    );
    const plain = 'Größe 2\tπ 猫 🐈 → –\nnext';
    expect(printable(plain)).to.equal(plain);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).to.not.match(STEERING);
        if (!STEERING.test(text)) expect(printable(text)).to.equal(text);
      }),
    );
  });

  for (const isTTY of [true, false])
    it(`is harmless in messages, status lines and events, ${isTTY ? 'on a terminal' : 'in a pipe'}`, () => {
      for (const json of [true, false]) {
        const { streams, written } = terminal(isTTY);
        const output = createOutput({ json }, streams);
        output.say(HOSTILE);
        output.status([HOSTILE, `one\ntwo`]);
        output.emit({ type: 'candidate', architecture: HOSTILE, list: [HOSTILE] });
        output.status([]);
        expect(ofData(written())).to.not.match(STEERING);
        if (json) {
          const event = written()
            .split('\n')
            .find((line) => line.startsWith('{'))!;
          expect(JSON.parse(event)).to.deep.equal({ type: 'candidate', architecture: HOSTILE, list: [HOSTILE] });
        }
      }
    });

  it('is harmless in the progress of a search, whose styles it cannot start or end', () => {
    const { streams, written } = terminal(true);
    const view = createLiveView(createOutput({}, streams));
    view.event({ type: 'warning', message: `\x1b[0m${HOSTILE}\x1b[2m` } as unknown as SearchEvent);
    expect(written().startsWith('\x1b[33mwarning: \\x1b[0ma')).to.equal(true);
    expect(written().endsWith('\\x1b[2m\x1b[0m\n')).to.equal(true);
    expect(ofData(written())).to.not.match(STEERING);
  });

  it('is harmless in errors, Weft’s and others’', () => {
    for (const error of [new WeftError('data', HOSTILE, HOSTILE), new Error(HOSTILE), HOSTILE]) {
      const { streams, written } = terminal(true);
      reportError(error, streams.stderr);
      expect(written()).to.include('a\\x1b[2Jb').and.to.not.match(STEERING);
    }
  });

  it('is harmless in names of files, columns and classes, throughout a command', async () => {
    const name = HOSTILE.replace(/\0/, '');
    const data = join(folder(), name);
    mkdirSync(data);
    writeFileSync(join(data, 'train.csv'), `${HOSTILE},y\n1,a\n2,${HOSTILE}\n3,a\n${HOSTILE},b\n`);
    const search = ['search', '--space', 'mlp', '--backend', 'cpu', '--runs', join(folder(), 'runs'), '--data'];
    for (const args of [
      ['status', data],
      ['evaluate', data],
      ['report', join(data, 'train.csv')],
      [...search, join(data, 'train.csv')],
      [...search, join(data, 'none')],
      ['search', '--space', name],
      ['search', '--config', data],
      [`--${name}`],
      [name],
    ]) {
      const { code, written } = await printed(args);
      expect(code, args.join(' ')).to.equal(1);
      expect(written, JSON.stringify(args)).to.include('\\x1b[2J').and.to.not.match(STEERING);
    }
  });
});

describe('text from data in an exported README', () => {
  const HTML = '<img src=x onerror=alert(1)>';
  const LINK = '[a](https://example.org) www.example.org @someone **b** | c';

  it('is a code span, whose fence no text can close', () => {
    for (const [text, span] of [
      ['a', '`a`'],
      ['a`b', '``a`b``'],
      ['`', '`` ` ``'],
      ['``` x', '```` ``` x ````'],
      [' ', '`   `'],
      ['', '`  `'],
      ['a\n\n# b', '`a\\u000a\\u000a# b`'],
    ] as const)
      expect(codeSpan(text)).to.equal(span);
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('`', ' ', 'a', '\n', '<', '\\') }), (text) => {
        const [, fence, content] = /^(`+)(.*[^`])\1$/s.exec(codeSpan(text))!;
        expect(content!.match(/`+/g) ?? []).to.not.include(fence);
        expect(content).to.not.include('\n');
      }),
    );
  });

  it('is not markup, in names of classes, in the architecture, in the name of the space', () => {
    const names = [HTML, LINK, 'two\n\n# Heading', '```\n<script>', 'cat', 't-shirt', 'Größe'];
    const text = readme(
      HTML,
      {
        space: HTML,
        options: {},
        task: { inputShape: [8, 8, 1], classes: names.length },
        architecture: `mlp~1: \`${HTML}`,
        trained: true,
        normalization: { mean: [0], std: [1] },
        classNames: names,
      },
      { onnx: true },
    );
    const [before] = text.split('## In a browser') as [string];
    const outside = before.replace(/(?<!`)(`+)(?!`)[^]*?(?<!`)\1(?!`)/g, '');
    expect(outside).to.not.match(/[<>*|@]|www|Heading/);
    expect(outside).to.include(', cat, t-shirt, Größe');
    expect(nameInText('a_b')).to.equal('`a_b`');
    expect(before.split('\n').filter((line) => line.startsWith('#'))).to.have.length(1);
  });

  it('are plain text in a report that is printed to a terminal', () => {
    const { markup } = html`<td>${HOSTILE}</td>`;
    expect(markup).to.not.match(STEERING);
    expect(markup).to.include('a\\x1b[2Jb');
  });
});

/** Runs a command line in this process; all that it wrote. */
async function printed(args: readonly string[]): Promise<{ code: number; written: string }> {
  const { stdout, stderr } = process;
  const before = [stdout.write.bind(stdout), stderr.write.bind(stderr)] as const;
  let written = '';
  const write = (text: string | Uint8Array): boolean => {
    written += Buffer.from(text as string).toString();
    return true;
  };
  [stdout.write, stderr.write] = [write, write];
  try {
    return { code: await runCommandLine(args), written };
  } finally {
    [stdout.write, stderr.write] = before;
    process.exitCode = 0;
  }
}
