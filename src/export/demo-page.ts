/** A page that tries the network on a drawing or a picture. It needs nothing but the files beside it. */

export function demoPage(space: string): string {
  return PAGE.replaceAll('TITLE', `${escape(space)}: try it`);
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>TITLE</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; }
  main { display: flex; flex-wrap: wrap; gap: 2rem; align-items: start; }
  #drawing { width: 280px; height: 280px; border: 1px solid #999; touch-action: none; cursor: crosshair; }
  #seen { width: 84px; height: 84px; border: 1px solid #999; image-rendering: pixelated; }
  #classes { display: grid; grid-template-columns: auto 10rem 4rem; gap: .1rem .6rem; align-items: center; }
  progress { width: 100%; }
  #message { color: #b00; }
</style>
<h1>TITLE</h1>
<p>Draw with the pointer, or choose a picture. The small image is what the network sees.</p>
<p id="message" role="alert"></p>
<main>
  <div>
    <canvas id="drawing" width="280" height="280" aria-label="drawing"></canvas>
    <p><button id="clear">Clear</button> <input id="file" type="file" accept="image/*" aria-label="picture">
    <p><canvas id="seen"></canvas>
    <p><label>White is <input id="white" type="number" min="0" style="width: 5em"></label> in the data set
  </div>
  <div id="classes"></div>
</main>
<script src="tf.min.js"></script>
<script type="module">
  const [drawing, seen, white, classes, message] = ['drawing', 'seen', 'white', 'classes', 'message'].map((id) => document.getElementById(id));
  const pen = drawing.getContext('2d', { willReadFrequently: true });
  let model;
  try {
    if (!globalThis.tf) throw new Error('tf.min.js is missing: copy it from the npm package @tensorflow/tfjs');
    model = await tf.loadGraphModel('model.json');
  } catch (error) {
    message.textContent = location.protocol === 'file:' ? 'Browsers load models over HTTP only: serve this folder, for example with "npx http-server".' : error.message;
    throw error;
  }
  const { classNames, inputShape: [height, width, channels], largestPixel } = model.metadata;
  Object.assign(seen, { height, width });
  white.value = largestPixel;
  const rows = classNames.map((name) => {
    const [label, bar, percent] = ['span', 'progress', 'output'].map((tag) => classes.appendChild(document.createElement(tag)));
    label.textContent = name;
    return { bar, percent };
  });

  // Every pixel that the network sees is the mean of a block, as sharp drawings need it.
  const block = Math.ceil(drawing.width / Math.min(height, width));
  function classify() {
    const [pixels, probabilities] = tf.tidy(() => {
      const even = tf.image.resizeBilinear(tf.browser.fromPixels(drawing).toFloat(), [height * block, width * block]);
      const pixels = tf.avgPool(even, block, block, 'valid');
      const input = (channels === 1 ? pixels.mean(2, true) : pixels).mul(white.valueAsNumber / 255).expandDims();
      return [pixels.dataSync(), model.execute(input, 'probabilities').dataSync()];
    });
    const opaque = Uint8ClampedArray.from({ length: 4 * height * width }, (_, i) => (i % 4 === 3 ? 255 : pixels[3 * (i >> 2) + (i % 4)]));
    seen.getContext('2d').putImageData(new ImageData(opaque, width, height), 0, 0);
    rows.forEach(({ bar, percent }, i) => {
      bar.value = probabilities[i];
      percent.textContent = (100 * probabilities[i]).toFixed(1) + ' %';
    });
  }
  function clear() {
    pen.fillRect(0, 0, drawing.width, drawing.height);
    classify();
  }
  Object.assign(pen, { lineWidth: 34, lineCap: 'round', lineJoin: 'round', strokeStyle: 'white', fillStyle: 'black' });
  drawing.onpointerdown = ({ offsetX, offsetY, pointerId }) => {
    drawing.setPointerCapture(pointerId);
    pen.beginPath();
    pen.moveTo(offsetX, offsetY);
  };
  drawing.onpointermove = ({ offsetX, offsetY, buttons }) => {
    if (!buttons) return;
    pen.lineTo(offsetX, offsetY);
    pen.stroke();
    classify();
  };
  document.getElementById('clear').onclick = clear;
  white.onchange = classify;
  document.getElementById('file').onchange = async ({ target: { files: [file] } }) => {
    if (!file) return;
    pen.drawImage(await createImageBitmap(file), 0, 0, drawing.width, drawing.height);
    classify();
  };
  clear();
  document.body.dataset.ready = 'true';
</script>
</html>
`;
