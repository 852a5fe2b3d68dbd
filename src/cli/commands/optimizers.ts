/** `weft optimizers`: what a configuration may name as optimizer. */
import { OPTIMIZERS } from '../../optimizers/index.js';
import { createOutput } from '../output.js';

/** Lists every optimizer with its formula, its cost in gradients a step, and where it comes from. */
export function optimizers(options: { json?: boolean }): void {
  const output = createOutput(options);
  for (const kind of new Set(OPTIMIZERS.map((optimizer) => optimizer.kind))) {
    output.say(`${kind}:`);
    for (const optimizer of OPTIMIZERS.filter((one) => one.kind === kind)) {
      output.emit({ type: 'optimizer', ...optimizer });
      output.say(`  ${optimizer.name.padEnd(14)} ${String(optimizer.cost).padEnd(10)} ${optimizer.formula}`);
      output.say(`  ${''.padEnd(25)} ${optimizer.reference}`);
    }
  }
  output.say('next  --set "retrain.optimizer={name: sam, rho: 0.05}" in weft search or weft train');
}
