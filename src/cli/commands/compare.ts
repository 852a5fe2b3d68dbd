/** `weft compare` and `weft diff`. */
import { compareRuns, diffNetworks } from '../../api/compare.js';
import { type TrustOptions } from '../../api/trust.js';
import { compareJson, showDifference } from '../../report/compare/index.js';
import { createOutput, show } from '../output.js';

interface PageOptions extends TrustOptions {
  readonly out?: string;
  readonly json?: boolean;
}

/** Compares configurations over their runs, and writes the page. */
export async function compare(
  directories: readonly string[],
  options: PageOptions & { readonly by?: string },
): Promise<void> {
  const output = createOutput(options);
  const { comparison, page } = await compareRuns(directories, options);
  output.emit({ type: 'comparison', ...compareJson(comparison), page });
  for (const { verdict } of comparison.others) output.say(`${verdict}.`);
  for (const path of comparison.unpaired) output.say(`no partner, not used for the differences: ${show(path)}`);
  output.say(`wrote ${show(page)}`);
}

/** Draws two architectures overlaid; each is a run, or a text encoding. */
export async function diff(a: string, b: string, options: PageOptions & { readonly run?: string }): Promise<void> {
  const output = createOutput(options);
  const { diff: found, page } = await diffNetworks(a, b, options);
  const { svg: _, ...values } = found;
  output.emit({ type: 'diff', ...values, page });
  for (const [letter, { name, parameters, multiplyAdds, testAccuracy }] of [
    ['A', found.a],
    ['B', found.b],
  ] as const)
    output.say(
      `${letter}  ${name}: ${parameters.toLocaleString('en')} parameters, ${multiplyAdds.toLocaleString('en')} multiply-adds${testAccuracy === undefined ? '' : `, test ${(100 * testAccuracy).toFixed(2)} %`}`,
    );
  const count = { name: '', unit: 'count', of: () => undefined } as const;
  output.say(
    `difference (B − A): ${showDifference(count, found.b.parameters - found.a.parameters)} parameters, ${showDifference(count, found.b.multiplyAdds - found.a.multiplyAdds)} multiply-adds`,
  );
  for (const { place, a: one, b: other } of found.differences)
    output.say(`  ${place}: ${one || '–'} → ${other || '–'}`);
  if (found.differences.length === 0) output.say('the networks are the same');
  output.say(`wrote ${show(page)}`);
}
