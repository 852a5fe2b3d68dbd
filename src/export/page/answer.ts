/**
 * The part of an exported page that is shared by all kinds of input: loading the network, running it, and showing its
 * answer.
 */

/** Defines `byId`, `say`, `facts`, `ask` and `show`; `embedded` are definitions that precede them. */
export const ANSWER = `
  const byId = (id) => document.getElementById(id);
  const say = (text) => { byId('message').textContent = text; };
  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const percent = (probability) => (100 * probability).toFixed(1) + '\u00a0%';
  let model;
  try {
    if (!globalThis.tf) throw new Error('tf.min.js is missing: copy it from the npm package @tensorflow/tfjs');
    model = await tf.loadGraphModel('./model.json');
  } catch (error) {
    say(location.protocol === 'file:' ? 'Browsers load models over HTTP only: serve this folder, for example with "npx http-server".' : error.message);
    throw error;
  }
  const facts = model.metadata;
  const { input, classNames } = facts;

  const { targets } = facts;

  /**
   * The network's probabilities, or the numbers that it predicts, for one input of this shape, or several one after
   * another.
   */
  const ask = (values, shape, count = 1) => tf.tidy(() => model.execute(tf.tensor(values, [count, ...shape], 'float32'), targets ? 'values' : 'probabilities').dataSync());
  const digits = (value) => String(Number(value.toPrecision(6)));

  const FIRST = 10;
  const MOST = 300;
  let [shown, nameOf, all] = [[], (i) => classNames[i], false];

  /** Predicted numbers in large letters, each with its name. */
  function showNumbers(values) {
    byId('headline').replaceChildren(...targets.names.flatMap((name, i) => {
      const number = make('strong', { textContent: digits(values[i]) });
      Object.assign(number.dataset, { target: name, value: values[i] });
      return [number, make('span', { textContent: name })];
    }));
  }

  /** The best answer in large letters, and bars for the others, best first; of predicted numbers these alone. */
  function show(probabilities, name = (i) => classNames[i]) {
    if (targets) return showNumbers(probabilities);
    [shown, nameOf] = [probabilities, name];
    const order = Array.from(probabilities.keys()).sort((a, b) => probabilities[b] - probabilities[a]);
    const [best] = order;
    const holding = order.filter((i) => probabilities[i] >= 0.5);
    byId('headline').replaceChildren(...(facts.multiLabel
      ? holding.length > 0 ? holding.map((i) => make('strong', { textContent: name(i) })) : [make('span', { textContent: 'none of the labels' })]
      : [make('strong', { textContent: name(best) }), make('span', { textContent: percent(probabilities[best]) })]));
    byId('bars').replaceChildren(...order.slice(0, all ? MOST : FIRST).map((i) => {
      const bar = make('span', { className: 'bar' }, make('span'));
      bar.ariaHidden = 'true';
      bar.firstChild.style.width = 100 * probabilities[i] + '%';
      const row = make('li', {}, make('span', { textContent: name(i) }), bar, make('span', { className: 'value', textContent: percent(probabilities[i]) }));
      Object.assign(row.dataset, { label: classNames[i], probability: probabilities[i] });
      return row;
    }));
    byId('more').hidden = order.length <= FIRST;
    byId('more').textContent = all ? 'Show the first ' + FIRST : 'Show ' + (order.length > MOST ? 'the first ' + MOST : 'all ' + order.length);
    return best;
  }
  // On a narrow screen the answer is below the question: its head is shown there too.
  new MutationObserver(() => {
    byId('live').textContent = [...byId('headline').children].map(({ textContent }) => textContent).join('  ');
  }).observe(byId('headline'), { childList: true });
  byId('more').onclick = () => {
    all = !all;
    show(shown, nameOf);
  };
  function clearAnswer() {
    byId('headline').replaceChildren(make('span', { textContent: 'no answer yet' }));
    byId('bars').replaceChildren();
    byId('more').hidden = true;
  }
`;
