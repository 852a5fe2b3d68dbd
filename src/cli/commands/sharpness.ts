/** `weft sharpness`: the loss surface of a finished run, at its retrained network or at its shared weights. */
import { measureRunSharpness, type RunSharpness, type SharpnessOptions } from '../../api/sharpness.js';
import { sayChanges } from '../../runs/index.js';
import { createOutput, show } from '../output.js';

/** Measures, prints, writes sharpness.json and the report with its chapter. */
export async function sharpness(
  directory: string,
  { json, ...options }: SharpnessOptions & { readonly json?: boolean },
): Promise<void> {
  const output = createOutput({ json: json ?? false });
  const { run, found, file, report } = await measureRunSharpness(directory, {
    ...options,
    onStart: (words) => output.status([`measuring ${words}`]),
    onChanges: (changes) => output.say(`measured under different conditions from the search: ${sayChanges(changes)}`),
  });
  output.status([]);
  output.emit({ type: 'sharpness', run, ...found });
  sayMeasured(found, (line) => output.say(line));
  output.say(`wrote ${show(file)}`);
  output.say(`open  ${show(report)}`);
}

function sayMeasured(found: RunSharpness, say: (line: string) => void): void {
  const number = (value: number): string => value.toPrecision(4);
  const line = (name: string, value: string): void => say(`  ${name.padEnd(34)} ${value}`);
  say(found.measuredOn);
  line(
    'largest eigenvalues',
    found.top.map(({ value, residual }) => `${number(value)} ± ${number(residual)}`).join(', '),
  );
  line(
    'smallest eigenvalues',
    found.bottom.map(({ value, residual }) => `${number(value)} ± ${number(residual)}`).join(', '),
  );
  line('trace', `${number(found.trace.trace)} ± ${number(found.trace.standardError)}`);
  line('scale-free (|w|·H·|w|)', number(found.scaleFree.value));
  line('loss, norm of the gradient', `${number(found.loss)}, ${number(found.gradientNorm)}`);
  line(
    'alignment with the top eigenvector',
    `gradient ${number(found.alignment.gradient)}, of SAM ${number(found.alignment.sam)}`,
  );
  if (found.edges) {
    const { descent, momentum, sam } = found.edges;
    line(
      `edges at the learning rate ${found.learningRate}`,
      [
        `2/η ${number(descent)}`,
        momentum !== undefined && `with momentum ${number(momentum)}`,
        sam !== undefined && `SAM ${number(sam)}`,
      ]
        .filter(Boolean)
        .join(', '),
    );
  }
  if (found.method !== 'exact') say(`  by differences of gradients: ${found.reasons.join('; ')}`);
  say(
    '  Sharpness is not a measure of quality by itself: rescaling the weights can make a network arbitrarily sharp without changing its function.',
  );
}
