/** Compiles steps that repeat: what they take from JavaScript is declared (`Host`), everything else is recorded. */
export {
  compile,
  compiler,
  type CallOptions,
  type CompiledStep,
  type Compiler,
  type CompileOptions,
  nativeBackend,
} from './compile.js';
export { eagerHost, type Host } from './host.js';
export { type CompileMode, pays } from './pays.js';
export { record, type Step, type StepResult } from './record.js';
export { difference, type Recording, sameBits, type ValueIndex } from './recording.js';
export { type FunctionGraph, functionGraph, integer, type, type ValueName } from './function-graph.js';
export { wantedValues } from './replay.js';
export { addOperations, addScalars } from './saved-model.js';
export { loadedGraph, type LoadedGraph } from './session.js';
