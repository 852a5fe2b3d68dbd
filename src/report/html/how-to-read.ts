/** Glossary of a report, one line per term, for first-time readers. */
import { type EventLog } from '../event-log.js';
import { measureOf } from '../measure.js';
import { type Content, html } from './markup.js';

/** A collapsed list of the terms that this report uses. */
export function howToRead(log: EventLog): Content {
  const started = log.last('search-started');
  if (!started) return undefined;
  const { name, loss, lossMeaning } = measureOf(log);
  const larger = (log.last('retrain-started')?.parameters ?? 0) > started.parameters;
  const terms: readonly (readonly [string, string])[] = [
    [
      'Supernet, shared weights',
      'One large network holds the weights of all architectures; two that have an operation in common use the same weights for it.',
    ],
    ['Controller', 'The strategy that proposes architectures. It learns from their rewards which choices are good.'],
    ['Reward', `How good a proposed architecture is with the shared weights on validation examples, by ${name}.`],
    [
      'Entropy',
      'How undecided the controller is: high if it proposes all architectures equally often, zero if it always proposes the same one.',
    ],
    [
      'Candidates',
      'Architectures that were evaluated for the final choice, all with the same shared weights on the same examples.',
    ],
    [
      'Derived',
      'The candidate that was chosen. It is trained again from scratch, because the shared weights are not tuned to any single network.',
    ],
    ['Test', 'Examples that were held out before the search and used once, at the very end.'],
    [`Test ${loss}`, lossMeaning],
    [
      `Shared-weight ${name}`,
      'That of the network that was found before it was retrained, on validation examples. It serves to compare networks and says little about the result.',
    ],
    [
      'Multiply-adds, gradients of batches',
      'Costs that do not depend on the machine: the products that one answer takes, and how often the gradient of the loss on a batch was computed.',
    ],
    ...(larger
      ? ([
          [
            'Why the network is larger than the supernet',
            'The space searches with few filters or units, which is fast, and trains the network that was found with more of them.',
          ],
        ] as const)
      : []),
  ];
  return html`<details class="how"><summary>How to read this</summary><p>The coloured number is the result. The sections below show the network, whether the strategy did better than chance, how the search went, and how to repeat it.</p><dl>${terms.map(([term, meaning]) => html`<div><dt>${term}</dt><dd>${meaning}</dd></div>`)}</dl></details>\n`;
}
