/** onnxruntime as WebAssembly, in the test's own process. */
import * as ort from 'onnxruntime-web';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

/** The outputs by name for one batch, each in row-major order. */
export async function runOnnx(
  model: Uint8Array,
  values: ArrayLike<number>,
  shape: readonly number[],
): Promise<Record<string, { readonly dims: readonly number[]; readonly data: Float32Array }>> {
  const session = await ort.InferenceSession.create(model, { executionProviders: ['wasm'] });
  try {
    const outputs = await session.run({ input: new ort.Tensor('float32', Float32Array.from(values), [...shape]) });
    return Object.fromEntries(
      Object.entries(outputs).map(([name, { dims, data }]) => [
        name,
        { dims, data: Float32Array.from(data as Float32Array) },
      ]),
    );
  } finally {
    await session.release();
  }
}
