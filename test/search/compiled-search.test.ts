/** A search with everything compiled gives the bytes of one that runs every operation by itself. */
import { expect } from 'chai';
import { random } from '../../controllers/random.js';
import { mlp } from '../../search-spaces/mlp.js';
import { checkConfig, type SearchConfigInput } from '../../src/config/index.js';
import { advance } from '../../src/search/advance.js';
import { openData } from '../../src/search/data.js';
import { type SearchEvent } from '../../src/search/events.js';
import { createSession } from '../../src/search/session.js';
import { loadBackend } from '../../src/tensor/backend.js';
import { values } from '../optimizers/problems.js';

describe('a compiled search', () => {
  before(() => loadBackend('native'));

  function searched(compile: SearchConfigInput['compile']) {
    const config = checkConfig({
      compile,
      space: { name: 'mlp' },
      controller: { name: 'random' },
      data: { source: 'digits' },
      search: { epochs: 4, batchSize: 64, rounds: 2, samplesPerRound: 2 },
      derive: { candidates: 3, random: 1 },
      retrain: { epochs: 2, batchSize: 64 },
    });
    const events: SearchEvent[] = [];
    const session = createSession({ config, space: mlp, controller: random, data: openData(config) }, (event) =>
      events.push(event),
    );
    while (advance(session));
    const result = {
      events,
      shared: values(session.supernet.store.parameters),
      retrained: values(session.retrained!.store.parameters),
    };
    const used = { shared: session.supernet.shared?.runs ?? 0, compiled: { ...session.retrained!.compiled!.runs } };
    session.dispose();
    return { result, used };
  }

  it('reports and learns the same, to the bit', () => {
    const plain = searched('off');
    expect(plain.used).to.deep.equal({ shared: 0, compiled: { eager: 0, replay: 0, session: 0 } });
    const compiled = searched('graph');
    expect(compiled.used.shared).to.be.greaterThan(10);
    expect(compiled.used.compiled.session).to.be.greaterThan(10);
    expect(compiled.result).to.deep.equal(plain.result);
  });
});
