/** Steps that repeat, compiled: what they take from JavaScript is declared (`Host`), everything else is recorded. */
export {
  compile,
  compiler,
  type CallOptions,
  type CompiledStep,
  type Compiler,
  type CompileMode,
  type CompileOptions,
} from './compile.js';
export { eagerHost, type Host } from './host.js';
export type { Step, StepResult } from './record.js';
