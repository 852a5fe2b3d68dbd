const VOID = new Set(['meta', 'br', 'link', 'img', 'input', 'hr']);

/** The first mistake in the nesting or quoting of tags, or undefined. Text must not contain a bare `<`. */
export function markupMistake(markup: string): string | undefined {
  const open: string[] = [];
  const text = markup.replace(/<!DOCTYPE html>/i, '').replace(/<style>.*?<\/style>/gs, '');
  const tag = /<(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+(?:="[^"]*")?)*)\s*(\/?)>/g;
  let end = 0;
  for (const match of text.matchAll(tag)) {
    const between = text.slice(end, match.index);
    if (/<|&(?!#?\w+;)/.test(between)) return `bare character in '${between.slice(0, 80)}'`;
    end = match.index + match[0].length;
    const [, closing, name = '', attributes = '', selfClosing] = match;
    const names = [...attributes.matchAll(/\s([\w:-]+)="[^"]*"/g)].map(([, attribute]) => attribute);
    if (new Set(names).size < names.length) return `<${name}> has an attribute twice`;
    if (closing) {
      const expected = open.pop();
      if (expected !== name) return `</${name}> where </${expected}> was expected`;
    } else if (!selfClosing && !VOID.has(name)) open.push(name);
  }
  if (open.length > 0) return `<${open.at(-1)}> is not closed`;
  return /</.test(text.slice(end)) ? 'a bare < at the end' : undefined;
}
