/** `weft preconditioners`: what may multiply the gradient of an optimizer. */
import { PRECONDITIONERS } from '../../preconditioners/index.js';
import { createOutput } from '../output.js';

/** Lists them with curvature, representation and solver, what they keep, what a step costs, and reference. */
export function preconditioners(options: { json?: boolean }): void {
  const output = createOutput(options);
  for (const { name, triple, state, cost, reference } of PRECONDITIONERS) {
    output.emit({ type: 'preconditioner', name, ...triple, state, cost, reference });
    output.say(`${name.padEnd(14)} ${triple.curvature} x ${triple.representation} x ${triple.solver}`);
    output.say(`${''.padEnd(14)} keeps ${state}; costs ${cost}`);
    output.say(`${''.padEnd(14)} ${reference}`);
  }
  output.say('of a layer with i inputs and o outputs, p = i·o weights, or all P weights; a batch has N examples');
  output.say(
    'next  --set "search.optimizer={name: momentum, learningRate: 0.02, preconditioner: {name: kfac}}" in weft search or weft train',
  );
}
