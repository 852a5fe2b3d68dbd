/**
 * Makes dist/: modules by esbuild, which puts what is loaded together into few files, so that importing the package
 * takes a third of the time, and declarations by the compiler. Nothing is bundled from node_modules.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
/** Modules loaded by path: the package, the command, and programs that run in separate processes. */
const PROGRAMS = [
  'src/index.ts',
  'src/report/kit.ts',
  'src/studies/kit.ts',
  'src/cli/main.ts',
  'src/api/job-process.ts',
  'src/doctor/probe.ts',
];
const SHIPPED = ['search-spaces', 'controllers'];

/** The package's own names resolve to its sources; every other package remains external. */
const ownNames = {
  name: 'own-names',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
      if (kind === 'entry-point') return undefined;
      if (path === 'weft-nas') return { path: join(ROOT, 'src/index.ts') };
      if (path === 'weft-nas/report') return { path: join(ROOT, 'src/report/kit.ts') };
      if (path === 'weft-nas/study') return { path: join(ROOT, 'src/studies/kit.ts') };
      const [, below] = /^weft-nas\/((?:search-spaces|controllers|studies)\/.+)$/.exec(path) ?? [];
      if (below === undefined) return { path, external: true };
      return { path: join(ROOT, below.startsWith('studies/') ? `${below}/index.ts` : `${below}.ts`) };
    });
  },
};

const modules = SHIPPED.flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`),
).concat(
  readdirSync(join(ROOT, 'studies'))
    .map((name) => `studies/${name}/index.ts`)
    .filter((name) => existsSync(join(ROOT, name))),
);
if (existsSync(DIST))
  for (const name of readdirSync(DIST, { recursive: true, encoding: 'utf8' }))
    if (/\.js(\.map)?$/.test(name)) rmSync(join(DIST, name));

await build({
  absWorkingDir: ROOT,
  entryPoints: [...PROGRAMS, ...modules],
  outdir: relative(ROOT, DIST),
  outbase: '.',
  chunkNames: 'chunks/[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  sourcemap: 'linked',
  sourcesContent: false,
  logLevel: 'warning',
  plugins: [ownNames],
});
// Last, because its record contains the build time of dist/.
const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
const record = ['--incremental', '--tsBuildInfoFile', 'dist/tsconfig.tsbuildinfo'];
execFileSync(process.execPath, [tsc, '-p', '.', '--emitDeclarationOnly', ...record], { cwd: ROOT, stdio: 'inherit' });
