/** A page for pictures: selected, dropped, pasted, photographed, or drawn if the data looks like drawings. */
import { embedded, resizePixels, scaleToWhite, toLuma } from '../../data/index.js';
import { type ModelFacts, type PictureInput } from '../facts.js';
import { DROP, type PageKind } from './kind.js';

/** One channel and at most this many pixels a side: letters, digits, sketches. */
const LARGEST_DRAWING = 32;
/** Length in pixels of the longer side of the drawing pad. */
const PAD = 280;

export function picturePage({ height, width, channels, white }: PictureInput, { normalization }: ModelFacts): PageKind {
  const drawn = channels === 1 && Math.max(height, width) <= LARGEST_DRAWING;
  const scale = PAD / Math.max(height, width);
  const [padHeight, padWidth] = [height, width].map((side) => Math.round(side * scale)) as [number, number];
  // Strokes have the rarer brightness: bright on a dark background if the mean of the data is dark.
  const dark = normalization.mean[0]! <= white / 2;
  const sees = `${height} × ${width} pixels, ${channels === 1 ? 'grey' : 'in colour'}`;
  return {
    question: drawn ? 'Your drawing or picture' : 'Your picture',
    form: `${
      drawn
        ? `<canvas id="drawing" width="${padWidth}" height="${padHeight}" role="img" aria-label="Drawing pad: draw with mouse, pen or finger, or choose a picture below"></canvas>
      <p><button id="clear" class="plain">Clear the pad</button></p>
      `
        : ''
    }<div id="drop" class="drop">
        <p>Drop or paste pictures here, or</p>
        <div class="buttons">
          <label class="button">Choose pictures<input id="file" type="file" accept="image/*" multiple></label>
          <label class="button camera">Take a photo<input id="camera" type="file" accept="image/*" capture="environment"></label>
        </div>
      </div>
      <div class="pictures">
        <figure id="original" hidden><canvas id="shown" role="img" aria-label="The picture that was chosen"></canvas><figcaption></figcaption></figure>
        <figure><canvas id="seen" width="${width}" height="${height}" role="img" aria-label="What the network sees: ${sees}"></canvas><figcaption>What the network sees: ${sees}</figcaption></figure>
      </div>`,
    result: `<div class="scroll"><table id="answers" hidden><caption>Pictures so far</caption><thead><tr><th scope="col">file</th><th scope="col">answer</th><th scope="col">probability</th></tr></thead><tbody></tbody></table></div>`,
    script: `${embedded({ resizePixels, toLuma, scaleToWhite })}
  const { height, width, channels, white } = input;

  /** RGB pixels as the network was trained on them; shows what becomes of them. */
  function inputOf(rgb, size) {
    const resized = size[0] === height && size[1] === width ? rgb : resizePixels(rgb, size, [height, width]);
    const levels = channels === 1 ? toLuma(resized) : resized;
    const opaque = Uint8ClampedArray.from({ length: 4 * height * width }, (_, i) =>
      i % 4 === 3 ? 255 : channels === 1 ? levels[i >> 2] : levels[3 * (i >> 2) + (i % 4)]);
    byId('seen').getContext('2d').putImageData(new ImageData(opaque, width, height), 0, 0);
    return scaleToWhite(levels, white);
  }

  const STRIP = 512;
  /** What a canvas-like source shows over white, as RGB; in strips, because canvases are bounded. */
  function rgbOf(source, sourceHeight, sourceWidth) {
    const rgb = new Uint8Array(3 * sourceHeight * sourceWidth);
    const strip = make('canvas', { width: sourceWidth, height: Math.min(STRIP, sourceHeight) });
    const pen = strip.getContext('2d', { willReadFrequently: true });
    pen.fillStyle = 'white';
    for (let top = 0, to = 0; top < sourceHeight; top += STRIP) {
      const rows = Math.min(STRIP, sourceHeight - top);
      pen.fillRect(0, 0, sourceWidth, rows);
      pen.drawImage(source, 0, -top);
      const { data } = pen.getImageData(0, 0, sourceWidth, rows);
      for (let from = 0; from < data.length; from += 4) for (let c = 0; c < 3; c++) rgb[to++] = data[from + c];
    }
    return rgb;
  }

  /** A file upright, its numbers as they are stored: colour profiles were not applied in training either. */
  async function decoded(file) {
    const [a, b] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
    const [isPng, isJpeg] = [a === 0x89 && b === 0x50, a === 0xff && b === 0xd8];
    try {
      return await createImageBitmap(file, { imageOrientation: isPng ? 'none' : 'from-image', colorSpaceConversion: isPng || isJpeg ? 'none' : 'default' });
    } catch {
      throw new Error(file.name + ' cannot be read as a picture by this browser');
    }
  }

  async function answerFile(file) {
    const bitmap = await decoded(file);
    const { height: fileHeight, width: fileWidth } = bitmap;
    const probabilities = ask(inputOf(rgbOf(bitmap, fileHeight, fileWidth), [fileHeight, fileWidth]), [height, width, channels]);
    const preview = Math.min(1, 440 / Math.max(fileHeight, fileWidth));
    const small = Object.assign(byId('shown'), { width: Math.max(1, Math.round(fileWidth * preview)), height: Math.max(1, Math.round(fileHeight * preview)) });
    small.getContext('2d').drawImage(bitmap, 0, 0, small.width, small.height);
    byId('original').hidden = false;
    byId('original').lastChild.textContent = file.name;
    bitmap.close();
    const best = show(probabilities);
    const told = targets ? [Array.from(probabilities, digits).join(', '), ''] : [classNames[best], percent(probabilities[best])];
    const row = make('tr', {}, make('th', { scope: 'row', textContent: file.name }), ...told.map((textContent) => make('td', { textContent })));
    Object.assign(row.dataset, { file: file.name, ...(targets ? { values: told[0] } : { label: classNames[best], probability: probabilities[best] }) });
    const rows = byId('answers').tBodies[0];
    rows.append(row);
    byId('answers').hidden = rows.rows.length < 2;
  }

  let asked = Promise.resolve();
  /** One after the other, in their order. */
  function answerFiles(files) {
    for (const file of [...files])
      asked = asked.then(() => answerFile(file)).then(() => say(''), (error) => say(error.message));
    return asked;
  }

  for (const id of ['file', 'camera']) byId(id).onchange = ({ target }) => answerFiles(target.files).then(() => { target.value = ''; });
  document.onpaste = ({ clipboardData }) => answerFiles(clipboardData.files);
${DROP}${drawn ? padScript(padHeight, padWidth, dark) : ''}`,
  };
}

/** Thicker strokes for coarser pictures. */
const padScript = (height: number, width: number, dark: boolean): string => `
  const drawing = byId('drawing');
  const pen = drawing.getContext('2d', { willReadFrequently: true });
  const [ground, ink] = ${dark ? "['black', 'white']" : "['white', 'black']"};
  function answerDrawing() {
    show(ask(inputOf(rgbOf(drawing, ${height}, ${width}), [${height}, ${width}]), [height, width, channels]));
  }
  function clearPad() {
    pen.fillStyle = ground;
    pen.fillRect(0, 0, ${width}, ${height});
    inputOf(rgbOf(drawing, ${height}, ${width}), [${height}, ${width}]);
    clearAnswer();
    byId('original').hidden = true;
  }
  Object.assign(pen, { lineWidth: Math.max(height, width) <= 16 ? 34 : 24, lineCap: 'round', lineJoin: 'round', strokeStyle: ink });
  /** From the size on the screen to that of the canvas. */
  const place = ({ offsetX, offsetY }) => [offsetX * drawing.width / drawing.clientWidth, offsetY * drawing.height / drawing.clientHeight];
  drawing.onpointerdown = (event) => {
    drawing.setPointerCapture(event.pointerId);
    byId('original').hidden = true;
    pen.beginPath();
    pen.moveTo(...place(event));
  };
  drawing.onpointermove = (event) => {
    if (!event.buttons) return;
    pen.lineTo(...place(event));
    pen.stroke();
    answerDrawing();
  };
  byId('clear').onclick = clearPad;
  clearPad();
`;
