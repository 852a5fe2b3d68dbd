import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { expect } from 'chai';
import { isBuilt } from '../built.js';

/** What the build needs beside what is packed. */
const BUILD_FILES = ['package.json', 'tsconfig.json', 'scripts/build.mjs'];

const packageJson = JSON.parse(readFileSync('package.json', 'utf8')) as {
  version: string;
  files: string[];
  exports: Record<string, Record<string, string> | string>;
};

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** Builds, packs and installs once; the tests look at the result from the outside. */
describe('the packed package', function () {
  this.timeout(600_000);
  let root: string;
  let project: string;
  let packed: Packed;
  let paths: string[];

  const run = (command: string, args: readonly string[], cwd: string): string =>
    execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: cleanEnvironment() });
  const weft = (...args: string[]): string => run(join(project, 'node_modules', '.bin', 'weft'), args, project);

  before(() => {
    root = mkdtempSync(join(tmpdir(), 'weft-pack-'));
    const source = join(root, 'source');
    for (const path of [
      ...BUILD_FILES,
      ...packageJson.files.filter((file) => !/^!|^dist$/.test(file) && existsSync(file)),
    ]) {
      mkdirSync(dirname(join(source, path)), { recursive: true });
      cpSync(path, join(source, path), { recursive: true });
    }
    symlinkSync(resolve('node_modules'), join(source, 'node_modules'), 'junction');
    if (isBuilt()) cpSync('dist', join(source, 'dist'), { recursive: true });
    else run('npm', ['run', '--silent', 'build'], source);
    [packed] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', root], source)) as [
      Packed,
    ];
    paths = packed.files.map(({ path }) => path);

    project = join(root, 'project');
    mkdirSync(project);
    writeFileSync(join(project, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }\n');
    run(
      'npm',
      ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', join(root, packed.filename)],
      project,
    );
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  it('contains what it needs and nothing else', () => {
    const allowed = [
      /^package\.json$/,
      /^README\.md$/,
      /^LICENSE$/,
      /^SECURITY\.md$/,
      /^CHANGELOG\.md$/,
      /^schema\/weft\.schema\.json$/,
      /^runs\/recipes\/[\w-]+\.yaml$/,
      /^templates\/[\w-]+\/(my-[\w-]+(\.test)?\.ts|weft\.yaml)$/,
      /^scripts\/(setup\.mjs|native\/[\w-]+\.(mjs|cc))$/,
      /^(src|search-spaces|controllers|studies)\/.+\.(ts|md)$/,
      /^dist\/(src|search-spaces|controllers|studies)\/.+\.(js|js\.map|d\.ts)$/,
      /^dist\/chunks\/\w+\.js(\.map)?$/,
    ];
    expect(paths.filter((path) => !allowed.some((pattern) => pattern.test(path)))).to.deep.equal([]);
    expect(paths.filter((path) => /^(?!templates).*\.test\.|tsbuildinfo|node_modules/.test(path))).to.deep.equal([]);
    const sources = paths.filter((path) => /^(src|search-spaces|controllers|studies)\/.+\.ts$/.test(path));
    expect(sources.length).to.be.above(100);
    // A declaration for every source; modules for what is loaded by its path, and what they have in common in chunks.
    const ofDist = (ending: string): string[] =>
      paths.filter((path) => path.startsWith('dist/') && path.endsWith(ending)).sort();
    expect(ofDist('.d.ts')).to.deep.equal(sources.map((path) => `dist/${path.replace(/\.ts$/, '.d.ts')}`).sort());
    const loaded = [
      ...['src/index', 'src/report/kit', 'src/studies/kit', 'src/cli/main', 'src/api/job-process', 'src/doctor/probe'],
      ...['search-spaces', 'controllers'].flatMap((folder) => moduleNames(folder).map((name) => `${folder}/${name}`)),
      ...moduleNames('studies').map((name) => `studies/${name}/index`),
    ];
    const modules = ofDist('.js').filter((path) => !path.startsWith('dist/chunks/'));
    expect(modules).to.deep.equal(loaded.map((name) => `dist/${name}.js`).sort());
    expect(ofDist('.js.map')).to.deep.equal(ofDist('.js').map((path) => `${path}.map`));
    expect(paths).to.include.members([
      'README.md',
      'LICENSE',
      'schema/weft.schema.json',
      'scripts/setup.mjs',
      'runs/recipes/digits.yaml',
      'dist/src/cli/main.js',
    ]);
  });

  it('is small', () => {
    expect(packed.size).to.be.below(2.9e6);
    expect(packed.unpackedSize).to.be.below(10.8e6);
  });

  it('answers npx weft', () => {
    expect(run('npx', ['--no-install', 'weft', '--version'], project).trim()).to.equal(packageJson.version);
    const spaces = weft('spaces');
    for (const name of moduleNames('search-spaces')) expect(spaces).to.include(name);
  });

  it('resolves every entry of its exports', () => {
    const entries = Object.keys(packageJson.exports).flatMap((key) =>
      key.includes('*') ? moduleNames(key.split('/')[1]!).map((name) => key.replace('*', name)) : [key],
    );
    expect(entries).to.include.members(['.', './search-spaces/macro-cnn', './controllers/enas', './package.json']);
    const specifiers = entries.map((entry) => `weft-nas${entry.slice(1)}`);
    writeFileSync(
      join(project, 'entries.mjs'),
      `for (const name of ${JSON.stringify(specifiers)}) {
  const module = await import(name, name.endsWith('.json') ? { with: { type: 'json' } } : {});
  if (Object.keys(module).length === 0) throw new Error(name);
}
console.log('all');
`,
    );
    expect(run(process.execPath, ['entries.mjs'], project).trim().split('\n').at(-1)).to.equal('all');
  });

  it('has types that infer architectures', () => {
    writeFileSync(
      join(project, 'user.ts'),
      `import { createChild, defineSpace, dense, flatten, oneOf, stream, subset, z, type Child } from 'weft-nas';
import macroCnn from 'weft-nas/search-spaces/macro-cnn';

const space = defineSpace({
  name: 'widths',
  description: 'One hidden layer.',
  options: z.strictObject({ widths: z.array(z.int()).default([4, 8]) }),
  choices: () => ({ width: oneOf(['narrow', 'wide']), skip: subset(2) }),
  graph: (g, { width }, _options, { classes }) =>
    g.apply('head', dense({ units: classes }), g.choose('hidden', width, { narrow: dense({ units: 4 }), wide: dense({ units: 4 }) }, g.apply('flat', flatten(), g.input))),
});
const fixed = space.create({}, { inputShape: [2, 2, 1], classes: 3 });
const architecture = fixed.sample(stream(1, 'sample'));
export const width: 'narrow' | 'wide' = architecture.width;
export const skip: readonly boolean[] = architecture.skip;
export const child: Child = createChild(fixed, architecture);
export const name: string = macroCnn.name;
// @ts-expect-error an architecture is no text
export const wrong: string = architecture;
// @ts-expect-error there is no such choice
export const missing: unknown = architecture.depth;
`,
    );
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          module: 'nodenext',
          moduleResolution: 'nodenext',
          target: 'es2022',
          strict: true,
          exactOptionalPropertyTypes: true,
          noUncheckedIndexedAccess: true,
          skipLibCheck: true,
          noEmit: true,
          types: [],
        },
        files: ['user.ts'],
      }),
    );
    const { stdout, status } = spawnSync(
      process.execPath,
      [resolve('node_modules/typescript/bin/tsc'), '-p', project],
      { encoding: 'utf8' },
    );
    expect(stdout).to.equal('');
    expect(status).to.equal(0);
  });

  it('searches in a space of the user’s own, in TypeScript, and exports what it found', () => {
    weft('init');
    expect(readdirSync(project)).to.include.members(['my-space.ts', 'weft.yaml']);
    const tiny = [
      ['space.blocks=1', 'space.filters=2'],
      ['search.epochs=1', 'search.rounds=1', 'search.samplesPerRound=2', 'search.probe=0'],
      ['derive.candidates=2', 'derive.random=0', 'derive.batches=1'],
      ['retrain.epochs=1', 'data.subset.train=200', 'data.subset.test=50'],
    ].flat();
    const { stdout, stderr } = spawnSync(
      join(project, 'node_modules', '.bin', 'weft'),
      ['search', '--config', 'weft.yaml', '--backend', 'wasm', '--set', ...tiny],
      { cwd: project, encoding: 'utf8', env: cleanEnvironment() },
    );
    const [name] = readdirSync(join(project, 'runs'));
    const directory = join(project, 'runs', name!);
    const summary = JSON.parse(readFileSync(join(directory, 'summary.json'), 'utf8')) as {
      space: string;
      test: { count: number };
    };
    expect(summary).to.deep.include({ space: 'my-space', controller: 'enas' });
    expect(summary.test.count).to.equal(50);
    expect(readFileSync(join(directory, 'report.html'), 'utf8')).to.include('my-space');
    const [, next] = /^next {2}(?:npx )?weft (export \S+ --file my-space\.ts) /m.exec(stdout) ?? [];
    expect(next, stderr).to.be.a('string');
    weft(...next!.split(' '));
    expect(readdirSync(join(directory, 'export'))).to.include.members([
      'model.json',
      'index.html',
      'tf.min.js',
      'model.safetensors',
    ]);
    for (const file of ['model.json', 'README.md', 'architecture.json', 'index.html']) {
      expect(readFileSync(join(directory, 'export', file), 'utf8'), file).to.not.include(project);
    }
  });

  it('treats user files as modules even if package.json does not say so', () => {
    const plain = join(project, 'plain');
    weft('init', 'plain');
    for (const manifest of ['{}', '{ "type": "commonjs" }']) {
      writeFileSync(join(plain, 'package.json'), manifest);
      const { stdout, stderr } = spawnSync(join(project, 'node_modules', '.bin', 'weft'), ['spaces', './my-space.ts'], {
        cwd: plain,
        encoding: 'utf8',
        env: cleanEnvironment(),
      });
      expect(stdout, stderr).to.match(/^my-space: /);
      expect(stderr).to.equal(''); // above all no second instance of weft-nas
    }
  });

  it('finds its recipes and its schema from any folder', () => {
    const { stderr, status } = spawnSync(
      join(project, 'node_modules', '.bin', 'weft'),
      ['search', '--recipe', 'no-such-recipe'],
      { cwd: project, encoding: 'utf8', env: cleanEnvironment() },
    );
    expect(status).to.equal(1);
    expect(stderr).to.include('digits');
    const schema = /\$schema=(\S+)/.exec(readFileSync(join(project, 'weft.yaml'), 'utf8'))![1]!;
    expect(existsSync(join(project, schema))).to.equal(true);
  });
});

/** The modules of a folder that is exported as a whole. */
const moduleNames = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.ts') || existsSync(join(folder, file, 'index.ts')))
    .map((file) => basename(file, '.ts'));

/** Without what this process was started with: a stranger has none of it. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(NODE_OPTIONS|WEFT_|npm_(?!config_(registry|cache|userconfig|globalconfig)))/.test(name),
    ),
  );
}
