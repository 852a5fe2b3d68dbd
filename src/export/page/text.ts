/** A page that continues a text by predicting the next token. */
import { embedded, tokensOf } from '../../data/index.js';
import { type TextInput } from '../facts.js';
import { type PageKind } from './kind.js';

export function textPage({ level, length }: TextInput): PageKind {
  const token = level === 'char' ? 'character' : 'word';
  return {
    question: 'Your text',
    form: `<label for="text">The network predicts which ${token} comes next, from the last ${length} ${token}s.</label>
      <textarea id="text" rows="8" spellcheck="false"></textarea>
      <p class="buttons"><button id="write">Continue</button><button id="clear" class="plain">Clear</button></p>`,
    script: `${embedded({ tokensOf })}
  const { level, length, endOfLine } = input;
  const idOf = new Map(classNames.map((token, id) => [token, id]));
  const text = byId('text');
  const NAMES = { ' ': '(space)', '\\n': '(new line)', '\\t': '(tab)', '<unk>': '(unknown token)', '<eos>': '(end of the line)' };
  const nameOfToken = (i) => NAMES[classNames[i]] ?? classNames[i];

  /** The ids of the last tokens; a line that goes on has no end yet. */
  function window() {
    const tokens = tokensOf(text.value, level, endOfLine);
    if (level === 'word' && !text.value.endsWith('\\n')) tokens.pop();
    return tokens.slice(-length).map((token) => idOf.get(token) ?? 0);
  }
  function answerText() {
    const ids = window();
    if (ids.length === 0) {
      clearAnswer();
      return;
    }
    // What follows the last token does not matter: the network only looks back.
    const all = ask(Array.from({ length }, (_, i) => ids[i] ?? 0), [length]);
    const probabilities = all.slice((ids.length - 1) * classNames.length, ids.length * classNames.length);
    show(probabilities, nameOfToken);
    return probabilities;
  }
  /** One token, as likely as the network finds it. */
  function writeOn() {
    const probabilities = answerText();
    if (!probabilities) return false;
    let rest = Math.random() * probabilities.reduce((sum, p) => sum + p, 0);
    let id = probabilities.findIndex((p) => (rest -= p) <= 0);
    if (id < 0) id = 0;
    const token = classNames[id];
    text.value += level === 'char' ? (token === '<unk>' ? '\\ufffd' : token) : token === endOfLine ? '\\n' : (/\\s$/.test(text.value) || text.value === '' ? '' : ' ') + token;
    text.scrollTop = text.scrollHeight;
    return true;
  }
  const STEPS = level === 'char' ? 80 : 20;
  let rounds = 0;
  byId('write').onclick = () => {
    if (window().length === 0) text.value = level === 'char' ? '\\n' : classNames[1] ?? '';
    const round = ++rounds;
    const step = (left) => {
      if (round !== rounds) return;
      if (left > 0 && writeOn()) setTimeout(step, 0, left - 1);
      else answerText();
    };
    step(STEPS);
  };
  byId('clear').onclick = () => {
    rounds++;
    text.value = '';
    answerText();
  };
  text.oninput = () => {
    rounds++;
    answerText();
  };
`,
  };
}
