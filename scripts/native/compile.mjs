/** Compiling the binding of @tensorflow/tfjs-node against a library of TensorFlow. */
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firstThatRuns, run } from './processes.mjs';

/** Part of the key of a binding in the cache: changes with what is compiled. */
export const BINDING = 'binding2';

const SIGNALS = fileURLToPath(new URL('signals.cc', import.meta.url));
const REPLACED = ['TFE_Execute', 'TFE_NewContext', 'TF_LoadSessionFromSavedModel'];

export const findCompiler = () => firstThatRuns([process.env.CXX, 'c++', 'g++', 'clang++']);

/**
 * Compiles the package's two source files, and one that makes signals wait, against headers and libraries; the binding
 * finds these in `deps/lib` of its package.
 */
export async function compile(compiler, pkg, headers, libraries, binding) {
  await mkdir(dirname(binding), { recursive: true });
  const { include_dir: nodeHeaders } = createRequire(import.meta.url)('node-api-headers');
  const mac = process.platform === 'darwin';
  await run(
    compiler,
    [
      '-std=c++17',
      '-O2',
      '-fPIC',
      '-shared',
      '-w',
      `-DNAPI_VERSION=${pkg.napi}`,
      ...REPLACED.map((name) => `-D${name}=weft_${name}`),
      '-I',
      headers,
      '-I',
      nodeHeaders,
      join(pkg.folder, 'binding', 'tfjs_backend.cc'),
      join(pkg.folder, 'binding', 'tfjs_binding.cc'),
      SIGNALS,
      ...libraries,
      ...(mac ? ['-undefined', 'dynamic_lookup'] : []),
      `-Wl,-rpath,${mac ? '@loader_path' : '$ORIGIN'}/../../deps/lib`,
      '-o',
      binding,
    ],
    { timeoutSeconds: 600 },
  );
}
