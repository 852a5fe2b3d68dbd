// A regularizer of your own: keeps the training of one architecture from spoiling others that share its weights.
// Try it:  weft search --data digits \
//            --set 'search.regularizer={name: own, part: ./my-regularizer.ts, options: {strength: 0.1}}'
import { defineRegularizer, disposeNamed, mapNamed, type NamedTensors, tf, z } from 'weft-nas';

export default defineRegularizer({
  name: 'my-regularizer',
  description: 'Pulls each shared weight back to where the last architecture that used it has left it.',

  // Options are set in the configuration under `options:`; each has a default.
  options: z.strictObject({
    strength: z.number().min(0).max(1).default(0.1).describe('share of the way back at each step'),
  }),

  create({ strength }) {
    let anchors: NamedTensors = {}; // by weight name; owned
    const copies = (tensors: NamedTensors): NamedTensors => mapNamed(tensors, (tensor) => tf.clone(tensor));
    return {
      name: 'my-regularizer',
      watched: [], // names of the weights that events report on

      // After each step: new values of weights that have moved; the caller owns them. w <- w + strength (anchor - w)
      settle({ after }) {
        const known = Object.fromEntries(Object.entries(after).filter(([name]) => name in anchors));
        return mapNamed(known, (weight, name) => tf.add(weight, tf.mul(strength, tf.sub(anchors[name]!, weight))));
      },

      // After the last step of an architecture. Its tensors are borrowed: copy whatever you keep.
      remember({ parameterNames, parameters }) {
        const now = copies(Object.fromEntries(parameterNames.map((name) => [name, parameters[name]!])));
        disposeNamed(Object.fromEntries(Object.entries(anchors).filter(([name]) => name in now)));
        anchors = { ...anchors, ...now };
      },

      startEpoch() {},
      status: () => ({ alpha: strength, penalty: 0, fisherTrace: 0, largestFisher: 0, known: [], zero: [] }),
      tensors: () => [],

      // Everything that a resumed search needs.
      snapshot: () => ({ tensors: anchors, state: null }),
      restore({ tensors }) {
        disposeNamed(anchors);
        anchors = copies(tensors);
      },
      dispose: () => disposeNamed(anchors),
    };
  },
});
