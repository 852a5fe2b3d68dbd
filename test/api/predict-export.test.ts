/**
 * An exported folder is asked as its run is, without the run, its space or its configuration; rows also come as JSON
 * lines and from standard input.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { mlp } from '../../search-spaces/mlp.js';
import { exportRun, loadModel, loadRegressor, tf, WeftError } from '../../src/index.js';
import { runTypeScript, temporaryFolder } from '../runs/temporary.js';
import { trainedOn } from '../runs/tiny-run.js';
import { saidLater, said } from '../said.js';

/** Gaps, a category, an identifier that is left out, names with quotes. */
const HEADER = 'x,"the ""colour""",id,label';

describe('an exported folder', function () {
  const folder = temporaryFolder(this);
  let run = '';
  let exported = '';

  beforeEach(async () => {
    const colours = ['red', 'blue', 'green'];
    const lines = Array.from({ length: 60 }, (_, i) => {
      const x = i % 11 === 0 ? '' : String(((37 * i) % 101) / 50);
      return `${x},${colours[i % 3]},row ${i},${i % 3 === 0 ? 'stop' : 'go'}`;
    });
    const data = join(folder(), 'data.csv');
    writeFileSync(data, `${HEADER}\n${lines.join('\n')}\n`);
    run = await trainedOn(folder(), { source: data }, 4);
    exported = join(folder(), 'exported');
    await exportRun(run, { space: mlp, out: exported });
  });

  const write = (name: string, text: string): string => {
    const path = join(folder(), name);
    writeFileSync(path, text);
    return path;
  };

  it('gives the predictions of its run, for tables, JSON lines and numbers, and leaves no tensor behind', async () => {
    const table = write('asked.csv', '"the ""colour""",x\nred,1\nblue,\ngreen,0.5\nviolet,NA\n');
    const json = write(
      'asked.jsonl',
      '{"x": 1, "the \\"colour\\"": "red"}\n\n{"x": null, "the \\"colour\\"": "blue", "id": "5\\""}\n[0.5, "green"]\n["NA", "violet"]\n',
    );
    const model = await loadModel(run, { space: mlp, backend: 'cpu' });
    const expected = model.predictFiles([table]);
    rmSync(join(folder(), 'runs'), { recursive: true });
    const before = tf.memory().numTensors;
    const found = await loadModel(exported, { backend: 'cpu' });
    for (const [path, lines] of [
      [table, [2, 3, 4, 5]],
      [json, [1, 3, 4, 5]],
    ] as const) {
      const answers = found.predictFiles([path]);
      expect(answers.map(({ name }) => name)).to.deep.equal(lines.map((line) => `${path}:${line}`));
      answers.forEach(({ label, probabilities }, i) => {
        expect(label).to.equal(expected[i]!.label);
        probabilities.forEach((p, c) => expect(p).to.be.closeTo(expected[i]!.probabilities[c]!, 1e-6));
      });
    }
    expect(found.classNames).to.deep.equal(model.classNames);
    const [own, other] = [model, found].map((one) => one.predict([[1, 0, 0, 0, 1]])[0]!.probability);
    expect(other).to.be.closeTo(own!, 1e-6);
    found.dispose();
    expect(tf.memory().numTensors).to.equal(before);
    model.dispose();
  });

  it('gives the numbers that its run predicts', async () => {
    const data = write(
      'numbers.csv',
      `x,y\n${Array.from({ length: 60 }, (_, i) => `${i / 7},${(3 * i) / 7 + 0.01 * (i % 3)}`).join('\n')}\n`,
    );
    const trained = await trainedOn(folder(), { source: data, label: 'y' }, 2);
    const out = join(folder(), 'numbers');
    await exportRun(trained, { space: mlp, out });
    const asked = write('asked.csv', 'x,z\n1.5,0\n-4,0\n');
    const own = await loadRegressor(trained, { space: mlp, backend: 'cpu' });
    const other = await loadRegressor(out, { backend: 'cpu' });
    const [expected, found] = [own, other].map((one) => one.predictFiles([asked]));
    expect(found).to.have.length(2);
    found!.forEach(({ values }, i) => expect(values['y']).to.be.closeTo(expected![i]!.values['y']!, 1e-5));
    own.dispose();
    other.dispose();
  });

  it('reads from standard input', () => {
    const ask = [...runTypeScript, 'src/cli/main.ts', 'predict', exported, '-', '--json'];
    const { stdout } = spawnSync(process.execPath, ask, {
      encoding: 'utf8',
      input: '[1, "red"]\n\n{"x":2,"the \\"colour\\"":"blue"}\n',
    });
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(answers).to.have.length(2);
    expect(answers[1]).to.include({ type: 'prediction', name: '-:3' });
  });

  it('names mismatches in lines and in the folder', async () => {
    const model = await loadModel(exported, { backend: 'cpu' });
    const refusal = (text: string): string => said(() => model.predictFiles([write('bad.jsonl', text)]));
    expect(refusal('{"x": 1}\n')).to.match(/line 1 has no 'the "colour"'.*null/);
    expect(refusal('[1, "red"]\n[1]\n')).to.match(/line 2 has 1 values, but the network takes 2/);
    expect(refusal('["one", "red"]\n')).to.match(/line 1, 'x' is not a number/);
    expect(refusal('x,colour\n')).to.match(/line 1 is not JSON/);
    expect(refusal('3\n')).to.match(/line 1 has 0 values/);
    expect(refusal('\n')).to.match(/is empty/);
    model.dispose();

    const path = join(exported, 'model.json');
    const text = readFileSync(path, 'utf8');
    const outcome = async (changed: string): Promise<string> => {
      writeFileSync(path, changed);
      return saidLater(loadModel(exported, { backend: 'cpu' }));
    };
    expect(await outcome(text.replace('"input":{"kind":"table"', '"input":{"kind":"tea"'))).to.match(
      /is not an exported network.*export the network again/s,
    );
    expect(await outcome(text.replace('group1-shard1of1.bin', '../weights.bin'))).to.match(/not in the folder/);
    expect(await outcome('{')).to.match(/is not an exported network/);
    // Any field that is something else: refused by name, or without meaning for the answers.
    const changes = (value: unknown, from: string[] = []): string[][] =>
      typeof value === 'object' && value !== null
        ? [from, ...Object.entries(value).flatMap(([key, inner]) => changes(inner, [...from, key]))]
        : [from];
    const { userDefinedMetadata } = JSON.parse(text) as { userDefinedMetadata: object };
    for (const [last, ...rest] of changes(userDefinedMetadata).map((one) => one.toReversed()))
      for (const other of [null, 'x', -1, []]) {
        const changed = JSON.parse(text) as { userDefinedMetadata: Record<string, unknown> };
        if (last === undefined) Object.assign(changed, { userDefinedMetadata: other });
        else
          Object.assign(
            rest.reduceRight((inner, key) => inner[key] as Record<string, unknown>, changed.userDefinedMetadata),
            { [last]: other },
          );
        writeFileSync(path, JSON.stringify(changed));
        const where = `${[last, ...rest].toReversed().join('.')} = ${JSON.stringify(other)}`;
        try {
          const loaded = await loadModel(exported, { backend: 'cpu' });
          const [answer] = loaded.predict([[1, 0, 0, 0, 1]]);
          expect(loaded.classNames, where).to.include(answer!.label);
          loaded.dispose();
        } catch (error) {
          expect(error, where).to.be.instanceOf(WeftError);
        }
      }
    writeFileSync(path, text);
    rmSync(join(exported, 'group1-shard1of1.bin'));
    expect(await outcome(text)).to.match(/cannot be loaded.*missing or damaged/);
  });
});
