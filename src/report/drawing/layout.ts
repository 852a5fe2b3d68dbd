/** Node positions and edge curves, by Graphviz's `dot` (Gansner et al. 1993). */
import { Graphviz } from '@hpcc-js/wasm-graphviz';

/** A node's centre and size in points; y grows downwards. */
export interface Placed {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: ReadonlyMap<string, Placed>;
  /** Start, then three points for each cubic piece; keyed by `edgeKey`. */
  readonly edges: ReadonlyMap<string, readonly Point[]>;
}

export type Point = readonly [x: number, y: number];

let loaded: Promise<Graphviz> | undefined;

export async function layOut(dot: string): Promise<Layout> {
  loaded ??= Graphviz.load();
  const { bb, objects = [], edges = [] } = JSON.parse((await loaded).layout(dot, 'json', 'dot')) as GraphvizJson;
  const [, , width, height] = bb.split(',').map(Number) as [number, number, number, number];
  const flip = (pair: string): Point => {
    const [x, y] = pair.split(',').map(Number) as [number, number];
    return [x, height - y];
  };
  return {
    width,
    height,
    nodes: new Map(
      objects.map(({ name, pos, width: w, height: h }) => {
        const [x, y] = flip(pos);
        return [name, { x, y, width: 72 * Number(w), height: 72 * Number(h) }];
      }),
    ),
    edges: new Map(
      edges.map(({ tail, head, pos }) => [edgeKey(objects[tail]!.name, objects[head]!.name), pointsOf(pos, flip)]),
    ),
  };
}

export function edgeKey(from: string, to: string): string {
  return `${from} -> ${to}`;
}

/** Graphviz writes the arrow's tip first: `e,x,y x,y x,y …`; it becomes the last point. */
function pointsOf(pos: string, flip: (pair: string) => Point): Point[] {
  const parts = pos.split(' ');
  const tip = parts.find((part) => part.startsWith('e,'));
  const curve = parts.filter((part) => !/^[es],/.test(part)).map(flip);
  return tip ? [...curve.slice(0, -1), flip(tip.slice(2))] : curve;
}

interface GraphvizJson {
  readonly bb: string;
  readonly objects?: readonly {
    readonly name: string;
    readonly pos: string;
    readonly width: string;
    readonly height: string;
  }[];
  readonly edges?: readonly { readonly tail: number; readonly head: number; readonly pos: string }[];
}
