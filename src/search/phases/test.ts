/** The one look at the test part. */
import { evaluateChild, FINAL_EVALUATION } from '../../training/evaluate.js';
import { type SearchSession } from '../session.js';

/** Tests the retrained child on data that nothing before has seen. */
export function testRetrained({ data, emit, retrained, state }: SearchSession): void {
  const { accuracy, loss, count } = evaluateChild(retrained!.child, retrained!.store, data.test, FINAL_EVALUATION);
  state.test = { accuracy, loss, count };
  emit({ type: 'tested', accuracy, loss, count });
  state.phase = 'done';
}
