/** The style of an exported page: its own colours for light and dark mode, usable from a width of 320 pixels. */
export const STYLE = `
  :root { color-scheme: light dark; --paper: #fff; --ink: #1c2430; --muted: #5b6675; --line: #c9cfd8; --wash: #f3f5f8; --accent: #0072b2; --on-accent: #fff; --alarm: #a8331f; }
  @media (prefers-color-scheme: dark) {
    :root { --paper: #14181f; --ink: #e6e9ee; --muted: #9ba6b5; --line: #3c4654; --wash: #1d232c; --accent: #56b4e9; --on-accent: #10141a; --alarm: #ff9a85; }
  }
  * { box-sizing: border-box; }
  [hidden] { display: none !important; }
  body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 3rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
  h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
  .lead, footer, figcaption, .note { color: var(--muted); }
  .lead { margin: 0 0 1.25rem; }
  a { color: var(--accent); }
  #message { color: var(--alarm); font-weight: 600; }
  #message:empty { display: none; }
  main { display: grid; gap: 1.5rem; grid-template-columns: minmax(0, 1fr); align-items: start; }
  @media (min-width: 48rem) { main { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); } }
  section { background: var(--wash); border: 1px solid var(--line); border-radius: 12px; padding: 1rem; }
  h2 { font-size: 1rem; margin: 0 0 .75rem; }
  section > :last-child, form > :last-child { margin-bottom: 0; }
  figure { margin: 0; }
  figcaption { font-size: .875rem; margin-top: .25rem; }
  .pictures { display: flex; flex-wrap: wrap; gap: 1rem; align-items: start; margin-top: 1rem; }
  canvas { display: block; max-width: 100%; border: 1px solid var(--line); border-radius: 6px; }
  #drawing { width: 280px; height: auto; touch-action: none; cursor: crosshair; }
  .pictures figure { max-width: 100%; }
  .pictures figcaption { max-width: 14rem; }
  .pictures canvas { height: 140px; width: auto; object-fit: contain; }
  #seen { image-rendering: pixelated; }
  .drop { border: 2px dashed var(--line); border-radius: 10px; padding: 1rem; text-align: center; }
  .drop.over { border-color: var(--accent); }
  .drop p { margin: 0 0 .5rem; }
  .buttons { display: flex; flex-wrap: wrap; gap: .5rem; }
  .drop .buttons { justify-content: center; }
  .button, button { display: inline-block; position: relative; border: 1px solid var(--accent); border-radius: 8px; padding: .45rem .9rem; background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; cursor: pointer; }
  button.plain { background: transparent; color: var(--accent); }
  .button input { position: absolute; inset: 0; opacity: 0; width: 100%; cursor: pointer; }
  .button:focus-within, button:focus-visible, input:focus-visible, select:focus-visible, textarea:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
  .camera { display: none; }
  @media (pointer: coarse) { .camera { display: inline-block; } }
  #live { position: sticky; bottom: 0; margin: .75rem -1rem -1rem; padding: .5rem 1rem; border-top: 1px solid var(--line); border-radius: 0 0 12px 12px; background: var(--wash); font-weight: 600; }
  @media (min-width: 48rem) { #live { display: none; } }
  #live:empty { display: none; }
  #headline { margin: 0 0 .75rem; display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem .75rem; min-height: 2.75rem; }
  #headline strong { font-size: 2rem; line-height: 1.2; }
  #headline span { font-size: 1.25rem; color: var(--muted); font-variant-numeric: tabular-nums; }
  #bars { list-style: none; margin: 0; padding: 0; }
  #bars li { display: grid; grid-template-columns: minmax(0, 9rem) minmax(0, 1fr) 4.5rem; gap: .6rem; align-items: center; padding: .15rem 0; }
  .bar { height: .8rem; border-radius: 4px; background: var(--line); overflow: hidden; }
  .bar span { display: block; height: 100%; background: var(--accent); }
  .value { text-align: right; font-variant-numeric: tabular-nums; }
  #more { margin-top: .5rem; }
  table { border-collapse: collapse; width: 100%; margin-top: 1rem; }
  caption { text-align: left; font-weight: 600; }
  th, td { text-align: left; padding: .25rem .5rem .25rem 0; border-top: 1px solid var(--line); font-weight: normal; }
  thead th { color: var(--muted); }
  .scroll { max-height: 20rem; overflow: auto; }
  .fields { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fill, minmax(min(11rem, 100%), 1fr)); }
  .fields label { display: block; font-size: .875rem; }
  .fields input, .fields select, textarea { display: block; width: 100%; margin-top: .25rem; padding: .4rem .5rem; border: 1px solid var(--muted); border-radius: 6px; background: var(--paper); color: var(--ink); font: inherit; }
  [aria-invalid=true] { border-color: var(--alarm) !important; outline: 2px solid var(--alarm); }
  footer { margin-top: 2rem; font-size: .875rem; }
  @media print { section { break-inside: avoid; } button, .button { display: none; } }
`;
