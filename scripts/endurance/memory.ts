/** Memory over many thousands of search steps: no additional tensors, and constant resident memory. */
import { measureSearchMemory } from '../../test/search/search-memory.js';
import { type Tally } from '../endurance.js';

/** MB that resident memory may grow by once it is warm; allocators round. */
const FLAT_MB = 20;

export async function memory(steps: number): Promise<Tally> {
  const { grownTensors, leftTensors, residentMB, grownMB } = await measureSearchMemory(steps);
  return {
    passed: grownTensors === 0 && leftTensors === 0 && grownMB < FLAT_MB,
    counts: {
      steps,
      'tensors more at the end': grownTensors,
      'tensors left': leftTensors,
      'resident MB, by quarters': residentMB.map((megabytes) => megabytes.toFixed(0)).join(', '),
      'MB grown from the first quarter to the last': Number(grownMB.toFixed(1)),
    },
  };
}
