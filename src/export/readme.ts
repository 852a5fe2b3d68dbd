/** How to use the exported files, written into the same folder. */
import { type ModelCard } from '../search/model.js';
import { OPSET } from './onnx/index.js';
import { codeSpan, nameInText } from './markdown.js';

export function readme(
  space: string,
  { architecture, classNames, targets, level, task: { kind, inputShape, classes } }: ModelCard,
  { onnx }: { readonly onnx: boolean },
): string {
  const shape = inputShape.join(', ');
  const language = kind === 'language';
  const output = targets ? 'values' : 'probabilities';
  const named =
    classNames.length <= 20
      ? `: ${classNames.map(nameInText).join(', ')}`
      : '; their names are in `model.metadata.classNames`';
  return `# ${nameInText(space)}: an exported network

Found in the search space ${codeSpan(space)}: ${codeSpan(architecture)}

${
  language
    ? `- Input \`input\`: float32 [N, ${shape}], windows of ${inputShape[0]} token ids (${level === 'char' ? 'characters' : 'words'}); it does not know what came before a window.
- Outputs \`logits\` and \`probabilities\`: float32 [N, ${shape}, ${classes}]: at each position, for each token, the score and probability that it comes next${named}.`
    : `- Input \`input\`: float32 [N, ${shape}], values as in the data set; [MODEL.md](MODEL.md) says how images and rows are converted to these. Normalization is part of the network.
${targets ? `- Output \`values\`: float32 [N, ${classes}], the predicted numbers in their own units: ${targets.names.map(nameInText).join(', ')}.` : `- Outputs \`logits\` and \`probabilities\`: float32 [N, ${classes}], one column for each ${kind === 'multi-label' ? 'label' : 'class'}${named}.${kind === 'multi-label' ? ' The labels are independent: a label is predicted if its probability is at least one half.' : ''}`}`
}

## In a browser

\`\`\`html
<script src="tf.min.js"></script>
<script type="module">
  const model = await tf.loadGraphModel('./model.json');
  const ${output} = model.execute(tf.zeros([1, ${shape}]), '${output}');
  console.log(${targets ? '...values.dataSync()' : kind === 'multi-label' ? 'model.metadata.classNames.filter((_, i) => probabilities.dataSync()[i] >= 0.5)' : `model.metadata.classNames[probabilities.argMax(-1).dataSync()${language ? '.at(-1)' : '[0]'}]`});
</script>
\`\`\`

\`tf.min.js\` is TensorFlow.js, as it is in the npm package \`@tensorflow/tfjs\`. Browsers load models over HTTP only: serve this
folder, for example with \`npx http-server\` or \`python3 -m http.server\`.

## In Node

\`\`\`js
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
const { weightsManifest: [{ paths, weights: weightSpecs }], ...model } = JSON.parse(readFileSync('model.json', 'utf8'));
const weightData = new Uint8Array(Buffer.concat(paths.map((path) => readFileSync(path)))).buffer;
const network = await tf.loadGraphModel(tf.io.fromMemory({ ...model, weightSpecs, weightData }));
const ${output} = network.execute(tf.zeros([1, ${shape}]), '${output}');
\`\`\`

With \`@tensorflow/tfjs-node\` it is \`tf.loadGraphModel('file://model.json')\`.

## Elsewhere

${
  onnx
    ? `\`model.onnx\` is the same network as ONNX (opset ${OPSET}), for example in Python:

\`\`\`python
import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession('model.onnx')
${targets ? "(values,) = session.run(['values']" : "logits, probabilities = session.run(['logits', 'probabilities']"}, {'input': np.zeros([1, ${shape}], np.float32)})
\`\`\`

`
    : 'There is no `model.onnx`: ONNX has no operation for something in this network.\n\n'
}\`model.safetensors\` has the trained weights, \`architecture.json\` describes the computation. \`model.json\` can be viewed with Netron.
`;
}
