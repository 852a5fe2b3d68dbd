import { expect } from 'chai';
import { spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const installed = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node/package.json'));
const nativeIsHere = existsSync(join(installed, 'lib', 'napi-v8', 'tfjs_binding.node')) && process.platform === 'linux';

type WithLock = (
  cache: string,
  say: (line: string) => void,
  work: () => Promise<unknown>,
  deadAfterSeconds?: number,
) => Promise<unknown>;
const { withLock } = (await import(pathToFileURL(join(root, 'scripts', 'native', 'cache.mjs')).href)) as {
  withLock: WithLock;
};

/** Stands in for @tensorflow/tfjs-node: the same layout, and an install script that does as it is told. */
const MANIFEST = {
  name: '@tensorflow/tfjs-node',
  version: '4.22.0',
  main: 'index.js',
  binary: { napi_versions: [3, 8] },
};
const MAIN = `const binding = require('./lib/napi-v8/tfjs_binding.node'); exports.backend = () => ({ binding });`;
const INSTALL = {
  refused: `throw new Error('connect ECONNREFUSED');`,
  slow: `setInterval(() => {}, 1000);`,
  works: `
    const fs = require('fs'), real = ${JSON.stringify(installed)};
    fs.mkdirSync('deps/lib', { recursive: true }); fs.mkdirSync('lib/napi-v8', { recursive: true });
    for (const name of fs.readdirSync(real + '/deps/lib')) fs.symlinkSync(fs.realpathSync(real + '/deps/lib/' + name), 'deps/lib/' + name);
    fs.copyFileSync(real + '/lib/napi-v8/tfjs_binding.node', 'lib/napi-v8/tfjs_binding.node');`,
};

describe('scripts/setup.mjs', () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'weft-setup-')));
    mkdirSync(join(folder, 'bin'));
    // A path without Python, compilers and devices: nothing here may reach for the network.
    for (const name of ['python3', 'python', 'c++', 'g++', 'clang++', 'nvidia-smi']) {
      writeFileSync(join(folder, 'bin', name), '#!/bin/sh\nexit 1\n');
      chmodSync(join(folder, 'bin', name), 0o755);
    }
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A checkout with the script in it, and the path of its stand-in package. */
  function checkout(
    name: string,
    install: keyof typeof INSTALL,
    module = 'tfjs-node',
  ): { project: string; pkg: string } {
    const project = join(folder, name);
    const pkg = join(project, 'node_modules', '@tensorflow', module);
    cpSync(join(root, 'scripts'), join(project, 'scripts'), { recursive: true });
    mkdirSync(join(pkg, 'scripts'), { recursive: true });
    mkdirSync(join(project, 'node_modules', '@mapbox', 'node-pre-gyp'), { recursive: true });
    writeFileSync(join(project, 'node_modules', '@mapbox', 'node-pre-gyp', 'package.json'), '{}');
    writeFileSync(join(project, 'package.json'), '{}');
    writeFileSync(join(pkg, 'package.json'), JSON.stringify({ ...MANIFEST, name: `@tensorflow/${module}` }));
    writeFileSync(join(pkg, 'index.js'), MAIN);
    writeFileSync(
      join(pkg, 'scripts', 'install.js'),
      `require('fs').appendFileSync(${JSON.stringify(log())}, 'ran\\n');${INSTALL[install]}`,
    );
    return { project, pkg };
  }
  const log = (): string => join(folder, 'installs.log');
  const installs = (): number => (existsSync(log()) ? readFileSync(log(), 'utf8').split('\n').length - 1 : 0);
  const cache = (): string => join(folder, 'cache', 'weft', 'native');

  // The stand-in's install script is what the package would run: nobody knows the checksum of what it makes.
  function start(project: string, args: readonly string[], more: NodeJS.ProcessEnv = {}) {
    const env = {
      ...process.env,
      XDG_CACHE_HOME: join(folder, 'cache'),
      CXX: '',
      PATH: [join(folder, 'bin'), process.env['PATH']].join(delimiter),
    };
    const child = spawn(process.execPath, [join(project, 'scripts', 'setup.mjs'), ...args], {
      env: { ...env, WEFT_SKIP_NATIVE: '', WEFT_ALLOW_UNCHECKED: '1', ...more },
    });
    let output = '';
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (output += text));
    return {
      child,
      ended: new Promise<{ code: number | null; output: string }>((resolve) =>
        child.once('close', (code) => resolve({ code, output })),
      ),
    };
  }
  const setUp = (project: string, ...args: string[]) => start(project, args).ended;

  it('says in one line why there is no native backend, succeeds, and leaves nothing incomplete', async () => {
    const { project, pkg } = checkout('a', 'refused');
    const { code, output } = await setUp(project, '--quiet');
    expect(code).to.equal(0);
    expect(output.trim().split('\n')).to.have.length(1);
    expect(output)
      .to.match(/ECONNREFUSED/)
      .and.to.match(/Python 3 with pip/)
      .and.to.match(/WebAssembly backend/);
    expect(readdirSync(cache())).to.deep.equal(['failure.json']);
    expect(readdirSync(pkg).sort()).to.deep.equal(['index.js', 'package.json', 'scripts']);
  });

  it('does not retry soon after a failure, unless the user asks', async () => {
    const { project } = checkout('a', 'refused');
    await setUp(project, '--auto');
    expect((await setUp(project, '--auto')).output).to.match(/tried less than an hour ago/);
    expect(installs()).to.equal(1);
    await setUp(project);
    expect(installs()).to.equal(2);
  });

  it('is held up neither by a failure nor by a lock from the future', async () => {
    const { project } = checkout('a', 'refused');
    await setUp(project, '--auto');
    const failure = join(cache(), 'failure.json');
    const future = Date.now() + 365 * 86_400_000;
    writeFileSync(failure, readFileSync(failure, 'utf8').replace(/"at":\d+/, `"at":${future}`));
    expect((await setUp(project, '--auto')).output).not.to.match(/less than an hour ago/);
    expect(installs()).to.equal(2);
    const lock = join(cache(), 'lock');
    writeFileSync(lock, '1');
    utimesSync(lock, new Date(future), new Date(future));
    const said: string[] = [];
    await withLock(
      cache(),
      (line) => said.push(line),
      () => Promise.resolve(),
      1,
    );
    expect(said).to.deep.equal(['waiting for another set-up that is in progress']);
    expect(existsSync(lock)).to.equal(false);
  });

  it('waits for a running set-up, whatever its clock says', async () => {
    mkdirSync(cache(), { recursive: true });
    const lock = join(cache(), 'lock');
    writeFileSync(lock, '1');
    let beats = 0;
    const beat = setInterval(() => utimesSync(lock, new Date(beats), new Date(++beats)), 200); // in 1970
    let begun = false;
    const done = withLock(
      cache(),
      () => {},
      () => Promise.resolve((begun = true)),
      2,
    );
    await new Promise((resolve) => setTimeout(resolve, 4000));
    clearInterval(beat);
    expect([begun, readFileSync(lock, 'utf8')]).to.deep.equal([false, '1']);
    await done;
    expect(begun).to.equal(true);
  });

  describe('without permission to use a library without a known checksum', () => {
    it('does not run the script of the package', async () => {
      const { project } = checkout('a', 'works');
      const { code, output } = await setUp(project, '--no-allow-unchecked');
      expect([code, installs()]).to.deep.equal([0, 0]);
      expect(output).to.match(
        /package's library: it needs a C\+\+ compiler .*with --allow-unchecked \(WEFT_ALLOW_UNCHECKED=1\)/,
      );
    });

    it('refuses a library with another checksum, and leaves nothing of it', async () => {
      const { project, pkg } = checkout('a', 'works');
      writeFileSync(join(folder, 'bin', 'c++'), '#!/bin/sh\nexit 0\n');
      const asked: string[] = [];
      const server = createServer((request, response) => {
        asked.push(request.url!);
        response.end('not the library');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as { port: number };
      const { code, output } = await start(project, ['--no-allow-unchecked'], {
        TFJS_NODE_CDN_STORAGE: `http://127.0.0.1:${port}/`,
      }).ended;
      server.close();
      expect([code, installs()]).to.deep.equal([0, 0]);
      expect(asked).to.have.length(1);
      expect(asked[0]).to.match(/libtensorflow.*\.tar\.gz$/);
      expect(output).to.match(/library\.tar\.gz does not have the known checksum/);
      expect(readdirSync(cache())).to.deep.equal(['failure.json']);
      expect(readdirSync(pkg).sort()).to.deep.equal(['index.js', 'package.json', 'scripts']);
    });
  });

  it('leaves the native backend out when asked', async () => {
    const { project } = checkout('a', 'works');
    const { code, output } = await setUp(project, '--no-native');
    expect([code, installs()]).to.deep.equal([0, 0]);
    expect(output).to.match(/left out/);
  });

  it('fetches nothing for a missing device, unless the user insists', async () => {
    const { project } = checkout('a', 'refused', 'tfjs-node-gpu');
    const { code, output } = await setUp(project, '--gpu');
    expect([code, installs()]).to.deep.equal([0, 0]);
    expect(output).to.match(/no NVIDIA device/);
    expect((await setUp(project, '--gpu', '--force')).output).to.match(
      /no CUDA build.*Python 3 with pip.*ECONNREFUSED/,
    );
    expect(installs()).to.equal(1);
  });

  it('stops its children and releases its lock when interrupted', async () => {
    const { project } = checkout('a', 'slow');
    const { child, ended } = start(project, []);
    while (installs() === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGTERM');
    expect((await ended).code).to.equal(143);
    expect(readdirSync(cache())).not.to.contain('lock');
  });

  describe('with a library available', () => {
    before(function () {
      if (!nativeIsHere) this.skip();
    });

    it('fetches once for two checkouts at the same time, and not again', async () => {
      const a = checkout('a', 'works');
      const b = checkout('b', 'works');
      await Promise.all([setUp(a.project), setUp(b.project)]);
      expect(installs()).to.equal(1);
      for (const { pkg } of [a, b]) expect(existsSync(join(pkg, 'lib', 'napi-v8', 'tfjs_binding.node'))).to.equal(true);
      expect(await setUp(a.project, '--auto')).to.deep.equal({ code: 0, output: '' });
      expect((await setUp(a.project)).output).to.match(/loads/);
    });

    it('notices a missing library, and recreates a broken cache entry', async () => {
      const { project } = checkout('a', 'works');
      await setUp(project);
      const [entry] = readdirSync(cache());
      rmSync(join(cache(), entry!, 'lib'), { recursive: true });
      expect((await setUp(project)).output).to.match(/is ready/);
      expect(installs()).to.equal(2);
    });

    it('continues after a set-up that was killed', async () => {
      const { project } = checkout('a', 'works');
      mkdirSync(join(cache(), 'staging', 'package'), { recursive: true });
      expect((await setUp(project)).output).to.match(/is ready/);
      expect(readdirSync(cache())).to.have.length(1);
    });
  });
});
