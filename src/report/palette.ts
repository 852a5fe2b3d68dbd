/**
 * The report's colours, each with a value for the light and the dark colour scheme. Lines are from the palette of Okabe
 * and Ito (2008), fills from Paul Tol's "light" scheme (2021): both remain distinguishable for colour-blind readers.
 */

const PALETTE = {
  paper: ['#ffffff', '#14181f'],
  ink: ['#1c2430', '#e6e9ee'],
  muted: ['#5b6675', '#9ba6b5'],
  faint: ['#c9cfd8', '#3c4654'],
  wash: ['#f3f5f8', '#1d232c'],
  controller: ['#0072b2', '#56b4e9'],
  random: ['#b85300', '#f0a04b'],
  found: ['#007a5a', '#3fcf9e'],
  alarm: ['#a8331f', '#ff9a85'],
  /** Text on a saturated fill of `controller`, and on the fills of operations. */
  onStrong: ['#fefefe', '#10141a'],
  onFill: ['#1a222d', '#0f141b'],
  fill0: ['#77aadd', '#6f9fce'],
  fill1: ['#99ddff', '#8cc9e8'],
  fill2: ['#44bb99', '#45b092'],
  fill3: ['#bbcc33', '#afbe3a'],
  fill4: ['#eedd88', '#dccc7e'],
  fill5: ['#ee8866', '#df8264'],
  fill6: ['#ffaabb', '#ec9dad'],
  fill7: ['#cfcfd4', '#a9adb5'],
} as const satisfies Record<string, readonly [light: string, dark: string]>;

export type ColorName = keyof typeof PALETTE;

const FILLS = (Object.keys(PALETTE) as ColorName[]).filter((name) => name.startsWith('fill'));

/** A colour for SVG: follows the page's scheme, and falls back to the light value outside a page. */
export function color(name: ColorName): string {
  return `var(--${kebab(name)}, ${PALETTE[name][0]})`;
}

/** The fill of the option at this index in a list of operations; repeats after eight. */
export function fillName(index: number): ColorName {
  return FILLS[index % FILLS.length]!;
}

/** The light value, for programs that do not support variables (Graphviz). */
export function lightHex(name: ColorName): string {
  return PALETTE[name][0];
}

/** The palette as CSS variables for both schemes. */
export function paletteCss(): string {
  const declare = (scheme: 0 | 1): string =>
    (Object.keys(PALETTE) as ColorName[]).map((name) => `--${kebab(name)}:${PALETTE[name][scheme]}`).join(';');
  return `:root{color-scheme:light dark;${declare(0)}}@media screen and (prefers-color-scheme:dark){:root{${declare(1)}}}`;
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
