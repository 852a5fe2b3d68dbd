/** `weft proxies`: what ranks networks without training. */
import { PROXIES } from '../../proxies/index.js';
import { createOutput } from '../output.js';

/** Lists them with formula, description and reference. */
export function proxies(options: { json?: boolean }): void {
  const output = createOutput(options);
  for (const { name, formula, description, reference } of PROXIES) {
    output.emit({ type: 'proxy', name, formula, description, reference });
    output.say(`${name.padEnd(14)} ${formula}`);
    output.say(`${''.padEnd(14)} ${description}`);
    output.say(`${''.padEnd(14)} ${reference}`);
  }
  output.say('L is the loss of a batch, w are kernels, g gradients; more is held to be better');
  output.say('next  weft rank RUN --proxies all, or --set "search.warmStart={pool: 200}" in weft search');
}
