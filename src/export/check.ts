/**
 * Whether exported files compute the same as the network: each is loaded by its own runtime, in a separate process, and
 * run on the same inputs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WeftError } from '../errors.js';
import { readBytes } from '../data/index.js';
import { decodeSafetensors, readText } from '../runs/index.js';
import { type NamedTensors, disposeNamed } from '../tensor/named.js';
import { tidy, type Tensor } from '../tensor/tf.js';
import { largestOf } from '../statistics/extremes.js';
import { type ModelFacts } from './facts.js';
import { expectedOutputs, type TrainedChild } from './graph-model.js';

/** The deviation of one file's outputs from those of the network. */
export interface CheckedFile {
  readonly file: string;
  /** The runtime that loaded it. */
  readonly runtime: string;
  /** The largest difference of any output. */
  readonly difference: number;
  /** The largest absolute output of the network. */
  readonly largest: number;
  /** The reference that it was compared with. */
  readonly with: 'the network' | 'model.json';
  /** Whether its weights have lower precision than the network's, so that the difference includes that error. */
  readonly rounded: boolean;
}

export interface UncheckedFile {
  readonly file: string;
  /** Why it was not checked. */
  readonly reason: string;
}

/** Rounding of 32-bit floats in a different order, relative to the largest output. */
const LARGEST_DIFFERENCE = 1e-4;

/** Whether the difference is within rounding error. */
export const agrees = ({ difference, largest, rounded }: CheckedFile): boolean =>
  rounded ? Number.isFinite(difference) : difference <= LARGEST_DIFFERENCE * Math.max(1, largest);

type Outputs = Readonly<Record<string, ArrayLike<number>>>;

/**
 * Loads each file of an exported folder and compares its outputs with those of the network for `inputs` [N,…], which
 * are borrowed, in the units of the data. Throws WeftError('export') naming a file that cannot be loaded.
 */
export function checkFiles(folder: string, trained: TrainedChild, inputs: Tensor): (CheckedFile | UncheckedFile)[] {
  const expected = outputsOf(trained, inputs);
  const asked: Question = { values: [...inputs.dataSync()], shape: inputs.shape, outputs: Object.keys(expected) };
  const graph = ask(folder, 'model.json', TFJS, moduleNamed('@tensorflow/tfjs')!, asked);
  const weights = outputsOfWeights(join(folder, 'model.safetensors'), trained, inputs);
  const rounded = hasRoundedWeights(folder);
  const network = { with: 'the network', rounded: false } as const;
  return [
    {
      file: 'model.json',
      runtime: '@tensorflow/tfjs',
      ...compare(graph, expected, 'model.json'),
      ...network,
      rounded,
    },
    { file: 'model.safetensors', runtime: 'weft', ...compare(weights, expected, 'model.safetensors'), ...network },
    // With rounded weights, both files share the same ones.
    ...checkOnnx(folder, asked, rounded ? graph : expected).map((one) =>
      'reason' in one ? one : { ...one, ...network, ...(rounded && { with: 'model.json' as const }) },
    ),
  ];
}

function hasRoundedWeights(folder: string): boolean {
  const { userDefinedMetadata } = JSON.parse(readText(join(folder, 'model.json'), { code: 'export' })) as {
    userDefinedMetadata?: Partial<ModelFacts>;
  };
  return userDefinedMetadata?.rounding !== undefined;
}

function checkOnnx(
  folder: string,
  asked: Question,
  expected: Outputs,
): (Omit<CheckedFile, 'with' | 'rounded'> | UncheckedFile)[] {
  const file = 'model.onnx';
  if (!existsSync(join(folder, file))) return [];
  const runtime = ONNX_RUNTIMES.find((name) => moduleNamed(name) !== undefined);
  if (runtime === undefined)
    return [{ file, reason: `${ONNX_RUNTIMES.join(' or ')} is needed: npm install ${ONNX_RUNTIMES[0]}` }];
  return [{ file, runtime, ...compare(ask(folder, file, ONNX, moduleNamed(runtime)!, asked), expected, file) }];
}

const ONNX_RUNTIMES = ['onnxruntime-node', 'onnxruntime-web'];

const outputsOf = (trained: TrainedChild, inputs: Tensor): Outputs =>
  tidy(() =>
    Object.fromEntries(
      Object.entries(expectedOutputs(trained, inputs)).map(([name, tensor]) => [name, tensor.dataSync()]),
    ),
  );

/** Outputs of the network with the weights of a file in place of its own. */
function outputsOfWeights(path: string, trained: TrainedChild, inputs: Tensor): Outputs {
  const { tensors } = decodeSafetensors(readBytes(path, { code: 'export' }), path);
  const read = (own: NamedTensors): NamedTensors =>
    Object.fromEntries(
      Object.entries(own).map(([name, { shape }]) => {
        const tensor = tensors[name];
        if (tensor?.shape.join() !== shape.join())
          throw new WeftError('export', `${path} does not contain the weights '${name}'`, 'export the network again');
        return [name, tensor];
      }),
    );
  try {
    const { parameters, statistics } = trained.store;
    return outputsOf({ ...trained, store: { parameters: read(parameters), statistics: read(statistics) } }, inputs);
  } finally {
    disposeNamed(tensors);
  }
}

function compare(found: Outputs, expected: Outputs, file: string): { difference: number; largest: number } {
  let [difference, largest] = [0, 0];
  for (const [name, values] of Object.entries(expected)) {
    const others = found[name];
    if (others?.length !== values.length)
      throw new WeftError('export', `${file} does not have the output '${name}'`, 'export the network again');
    largest = Math.max(largest, largestOf(Array.from(values, Math.abs)));
    for (let i = 0; i < values.length; i++) {
      const gap = Math.abs(values[i]! - others[i]!);
      difference = gap <= difference ? difference : gap; // NaN too
    }
  }
  return { difference, largest };
}

interface Question {
  readonly values: readonly number[];
  readonly shape: readonly number[];
  readonly outputs: readonly string[];
}

/** The common beginning of both programs, and the format of their answers. */
const HEAD = `
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
const { module, path, values, shape, outputs } = JSON.parse(readFileSync(0, 'utf8'));
const loaded = await import(module);
const runtime = loaded.default ?? loaded;
const answer = (results) => console.log('ANSWER' + JSON.stringify(results));
`;

const TFJS = `${HEAD}
await runtime.setBackend('cpu');
const { weightsManifest: [{ paths, weights: weightSpecs }], ...model } = JSON.parse(readFileSync(path, 'utf8'));
const weightData = new Uint8Array(Buffer.concat(paths.map((one) => readFileSync(join(dirname(path), one))))).buffer;
const network = await runtime.loadGraphModel(runtime.io.fromMemory({ ...model, weightSpecs, weightData }));
answer(Object.fromEntries(outputs.map((name) => [name, [...network.execute(runtime.tensor(values, shape), name).dataSync()]])));
`;

const ONNX = `${HEAD}
if (runtime.env?.wasm) runtime.env.wasm.numThreads = 1;
const session = await runtime.InferenceSession.create(new Uint8Array(readFileSync(path)));
const found = await session.run({ input: new runtime.Tensor('float32', Float32Array.from(values), shape) });
answer(Object.fromEntries(outputs.map((name) => [name, [...found[name].data]])));
`;

function ask(folder: string, file: string, program: string, module: string, question: Question): Outputs {
  const path = join(folder, file);
  const { stdout, stderr, status, error } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    input: JSON.stringify({ module: pathToFileURL(module).href, path, ...question }),
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const at = stdout?.lastIndexOf('ANSWER') ?? -1;
  if (error || status !== 0 || at < 0)
    throw new WeftError(
      'export',
      `${path} cannot be run: ${error?.message ?? /^\w*Error: .*$/m.exec(stderr)?.[0] ?? `its runtime ended with ${status}`}`,
      'export the network again, and report it if that does not help',
    );
  return JSON.parse(stdout.slice(at + 'ANSWER'.length)) as Outputs;
}

/** The path of a package installed in the user's project, or in this one. */
function moduleNamed(name: string): string | undefined {
  for (const from of [join(process.cwd(), 'package.json'), import.meta.url]) {
    try {
      return createRequire(from).resolve(name);
    } catch {
      continue;
    }
  }
  return undefined;
}
