import { expect } from 'chai';
import { type HyperparameterAxis, hyperparameterChart, halvingPage } from '../../src/report/halving/index.js';
import { type Placed, standingsOf } from '../../src/search/halving.js';
import { expectGolden } from './golden.js';
import { markupMistake } from './well-formed.js';

const RATE = 'retrain.optimizer.learningRate';
const NAME = 'retrain.optimizer.name';
const axes: HyperparameterAxis[] = [
  { path: RATE, scale: 'log' },
  { path: NAME, scale: 'words' },
];
const placed = (at: number, score: number): Placed => ({
  architecture: `mlp~abc:${at}`,
  hyperparameters: { [RATE]: [0.001, 0.0117, 0.2, 1][at % 4]!, [NAME]: ['adam', 'nesterov'][at % 2]! },
  score,
});
const rounds = [0, 1].map((round) => [
  {
    epochs: 2,
    candidates: 4,
    ranking: [
      placed(4 * round + 2, 0.8 + 0.05 * round),
      placed(4 * round + 1, 0.7),
      placed(4 * round, 0.4),
      placed(4 * round + 3, -Infinity),
    ],
  },
  { epochs: 4, candidates: 2, ranking: [placed(4 * round + 1, 0.9 + 0.01 * round), placed(4 * round + 2, 0.88)] },
]);
const pageOf = (more: object = {}): string =>
  halvingPage({
    space: 'mlp',
    data: 'digits',
    rounds,
    measure: 'accuracy',
    hyperparameters: axes,
    version: '1',
    ...more,
  });

describe('the page of a halving', () => {
  it('draws the results of candidates against a number and against a category', () => {
    for (const axis of axes) {
      const points = rounds.flatMap(([first]) =>
        first!.ranking.map(({ hyperparameters, score }) => ({ value: hyperparameters![axis.path]!, score })),
      );
      const svg = hyperparameterChart(axis, points, { measure: 'accuracy', winner: points[1]!.value });
      expect(markupMistake(svg!)).to.equal(undefined);
      expect(svg).to.not.match(/NaN|Infinity/);
      expectGolden(`hyperparameter-${axis.scale}.svg`, svg);
      expect(hyperparameterChart(axis, points.slice(0, 1), { measure: 'loss', winner: 1 })).to.equal(undefined);
    }
  });

  it('lists the longest trained first, best first among them, with their values', () => {
    const page = pageOf({ controller: 'evolution' });
    expect(markupMistake(page)).to.equal(undefined);
    const rows = [
      ...page
        .split('id="best"')[1]!
        .split('</table>')[0]!
        .matchAll(/<tr>(.*?)<\/tr>\n/gs),
    ].map(([row]) => row.replace(/<[^>]*>/g, ' '));
    expect(rows).to.have.length(8);
    expect(rows[0]).to.match(/1\s+91\.00\s%\s+4\s+0\.0117\s+nesterov\s+mlp~abc:5/);
    expect(rows[4]).to.match(/5\s+40\.00\s%\s+2/);
    expect(rows[7]).to.match(/diverged/);
    expect(page).to.match(
      /The best of 8 candidates reached 91\.00\s%.*12 trainings, proposed by evolution in 2 rounds/s,
    );
    expect(page).to.match(/id="rounds"/);
  });

  it('draws an option that only some of the searched names have for the candidates that have it', () => {
    const without = rounds.map((rungs) =>
      rungs.map((rung) => ({
        ...rung,
        ranking: rung.ranking.map((one) =>
          one.hyperparameters?.[NAME] === 'adam'
            ? one
            : { ...one, hyperparameters: { [NAME]: one.hyperparameters![NAME]! } },
        ),
      })),
    );
    const page = pageOf({ rounds: without });
    expect(markupMistake(page)).to.equal(undefined);
    expect(page).to.not.match(/undefined|NaN/);
    // The winner is one of nesterov; of two rounds' first rungs two candidates of adam have not diverged.
    expect(page).to.match(/the winner has no such option/);
    const [chart] = page.split('id="hyperparameters"')[1]!.split('</svg>');
    expect(chart!.match(/<circle/g)).to.have.length(4);
    expect(chart).to.not.match(/stroke-dasharray="4 3"/);
  });

  it('lists those within the conditions only, and the best of them as tested', () => {
    const ranking = standingsOf(rounds).filter(({ score }) => score < 0.9);
    const page = pageOf({
      picked: { conditions: 'parameters<3k', ranking },
      retrained: [
        { architecture: 'mlp~abc:2', test: { accuracy: 0.6, loss: 0.7, count: 360 } },
        { architecture: 'mlp~abc:6', test: { loss: 0.5 } },
      ],
    });
    expect(markupMistake(page)).to.equal(undefined);
    expect(page).to.match(/The best of 6 candidates within parameters&#60;3k reached 88\.00/);
    const [chapter] = page.split('id="retrained"')[1]!.split('</table>');
    const rows = [...chapter!.matchAll(/<tr>(.*?)<\/tr>\n/gs)].map(([row]) => row.replace(/<[^>]*>/g, ' '));
    expect(rows[0]).to.match(/1\s+60\.00\s%\s+54\.9 to 64\.9\s+0\.7000\s+mlp~abc:2/);
    expect(rows[1]).to.match(/2\s+–\s+–\s+0\.5000\s+mlp~abc:6/);
    expect(pageOf()).to.not.match(/id="retrained"|within/);
  });

  it('has no chapters on what was not requested', () => {
    const plain = rounds.slice(0, 1).map((rungs) =>
      rungs.map((rung) => ({
        ...rung,
        ranking: rung.ranking.map(({ architecture, score }) => ({ architecture, score })),
      })),
    );
    const page = pageOf({ rounds: plain, hyperparameters: [], measure: 'loss' });
    expect(markupMistake(page)).to.equal(undefined);
    expect(page).to.not.match(/id="rounds"|id="hyperparameters"|proposed by|undefined/);
  });
});
