/** An outline in Graphviz's language: for its layout, and for tools that read it. */
import { fillName, lightHex } from '../palette.js';
import { type Outline, type OutlineEdge, type OutlineNode } from './outline.js';

export interface DrawingOptions {
  /** From top to bottom, or from left to right. Default: down. */
  readonly direction?: 'down' | 'right';
  /** Small boxes without labels, for tables. */
  readonly thumbnail?: boolean;
  /** Read out in place of the picture; a description of the network by default. */
  readonly label?: string;
}

/** The graph with all of its edges. */
export function toDot(
  { nodes, edges }: Outline,
  { direction = 'down', thumbnail = false }: DrawingOptions = {},
): string {
  const [between, along] = thumbnail ? [0.06, 0.1] : direction === 'down' ? [0.2, 0.22] : [0.16, 0.17];
  return [
    'digraph architecture {',
    `  rankdir=${direction === 'down' ? 'TB' : 'LR'}; bgcolor="transparent"; nodesep=${between}; ranksep=${along};`,
    `  node [shape=box, style="rounded,filled", penwidth=0, fontname="Helvetica", fontsize=11, fontcolor="${lightHex('ink')}", fillcolor="${lightHex('wash')}"];`,
    `  edge [arrowsize=0.5, color="${lightHex('muted')}"];`,
    ...nodes.map((node) => `  ${quote(node.id)} [${nodeAttributes(node, direction, thumbnail)}];`),
    ...edges.map((edge) => `  ${quote(edge.from)} -> ${quote(edge.to)} [${edgeAttributes(edge)}];`),
    '}',
    '',
  ].join('\n');
}

/** Width of one cell and height of a box of options, in inches. */
export const CELL = { width: 0.56, height: 0.36 } as const;

function nodeAttributes(node: OutlineNode, direction: 'down' | 'right', thumbnail: boolean): string {
  const [width, height] = sizeOf(node, direction, thumbnail);
  const [option] = node.options ?? [];
  const looks =
    node.role === 'join' && isSign(node.label)
      ? `, shape=circle, fillcolor="${lightHex('faint')}"`
      : node.role === 'choice'
        ? `, fillcolor="${lightHex(fillName(option!.index))}"`
        : '';
  const words =
    node.role === 'choices'
      ? node.options!.map(({ name }) => name).join(' | ')
      : [node.caption, node.label].filter(Boolean).join('  ');
  return `label=${quote(thumbnail ? '' : words)}, fixedsize=true, width=${width.toFixed(2)}, height=${height.toFixed(2)}${node.trunk ? ', group=trunk' : ''}${looks}`;
}

/** Width and height in inches. */
function sizeOf(
  { role, label, options }: OutlineNode,
  direction: 'down' | 'right',
  thumbnail: boolean,
): [width: number, height: number] {
  const text = (size: number, room: number): number => room + (size / 72) * 0.58 * label.length;
  switch (role) {
    case 'choice':
      return thumbnail
        ? [0.26, 0.17]
        : direction === 'down'
          ? [Math.max(0.84, text(11, 0.42)), 0.31]
          : [text(11, 0.24), 0.34];
    case 'choices':
      return direction === 'down'
        ? [CELL.width * options!.length, CELL.height]
        : [CELL.width, CELL.height * options!.length];
    case 'join':
      return thumbnail ? [0.07, 0.07] : isSign(label) ? [0.19, 0.19] : [text(9, 0.16), 0.2];
    case 'resize':
      return thumbnail ? [0.05, 0.13] : [0.34, 0.19];
    case 'fixed':
      return thumbnail ? [0.12, 0.12] : [text(10, 0.24), 0.26];
    case 'input':
      return thumbnail ? [0.08, 0.08] : [text(9, 0.1), 0.2];
  }
}

export function isSign(label: string): boolean {
  return label.length === 1;
}

function edgeAttributes({ main, resized, share }: OutlineEdge): string {
  if (main) return 'weight=100, penwidth=1.4';
  return `weight=0, penwidth=${(0.3 + share).toFixed(2)}, color="${lightHex('controller')}"${resized ? ', style=dashed' : ''}`;
}

/** A string of Graphviz's language. */
function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
