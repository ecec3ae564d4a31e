import ElkConstructor from 'elkjs/lib/elk.bundled.js';
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { grouped, listed, statesOf, waysBetween } from './ways.js';

/** Sizes in px; the letters are measured by a fixed width, so that the same chart comes out everywhere. */
const box = { width: 236, padding: 16, title: 15, line: 17, columns: 32 };
const label = { line: 15, letter: 6.7, columns: 25, between: 6 };
const margin = 16;

/**
 * Draws a statechart as an SVG of its own (no fonts, scripts or links from elsewhere), from the machine object and
 * nothing else. What is drawn can be found: `data-state`, and on arrows `data-from`, `data-to` and `data-events`.
 * Throws where something would be left out.
 */
export async function toSvg({ root }: AnyStateMachine): Promise<string> {
  const states = statesOf(root);
  const first = root.initial.target?.[0];
  const elk = new (ElkConstructor as unknown as new () => { layout: (graph: ElkNode) => Promise<ElkNode> })();
  const graph = await elk.layout({
    id: root.id,
    layoutOptions,
    children: [{ id: start, width: 10, height: 10 }, ...states.map((state) => ({ id: state.key, ...sizeOf(state) }))],
    edges: [
      ...(first === undefined ? [] : [{ id: start, sources: [start], targets: [first.key] }]),
      ...states.flatMap((source) => states.flatMap((target) => edgeOf(source, target))),
    ],
  });
  const [width, height] = [graph.width ?? 0, graph.height ?? 0].map(Math.ceil);
  const described = root.config.description ?? root.id;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(described)}" class="chart" data-machine="${escaped(root.id)}">`,
    `<style>${standalone}</style>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0.5 8 4 0 7.5z" class="tip"/></marker></defs>',
    ...(graph.edges ?? []).map((edge) => arrow(edge)),
    ...(graph.children ?? []).map((node) =>
      node.id === start
        ? dot(node)
        : drawnState(
            node,
            states.find(({ key }) => key === node.id),
          ),
    ),
    ...(graph.edges ?? []).map((edge) => labels(edge, states)),
    '</svg>',
    '',
  ].join('\n');
}

const start = '(start)';

const layoutOptions = {
  'elk.algorithm': 'layered',
  'elk.direction': 'DOWN',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.padding': `[top=${margin},left=${margin},bottom=${margin},right=${margin}]`,
  'elk.spacing.nodeNode': '48',
  'elk.spacing.edgeNode': '20',
  'elk.spacing.edgeEdge': '14',
  'elk.spacing.edgeLabel': '4',
  'elk.layered.spacing.nodeNodeBetweenLayers': '36',
  'elk.layered.spacing.edgeNodeBetweenLayers': '18',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '14',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
  'elk.layered.cycleBreaking.strategy': 'MODEL_ORDER',
  'elk.layered.edgeLabels.sideSelection': 'ALWAYS_DOWN',
  'elk.edgeLabels.placement': 'CENTER',
};

/** What a chart looks like where nothing else says so; the page has its own. */
const standalone = `
.chart{font-family:ui-sans-serif,system-ui,sans-serif;background:#fff;color:#1c2024}
.state rect{fill:#f6f7f9;stroke:#c6ccd4;stroke-width:1.25}
.state .title{font-size:15px;font-weight:600;fill:#14171a}
.state .meaning{font-size:12px;fill:#5b6470}
.way path,.dot{fill:none;stroke:#98a2ae;stroke-width:1.25}
.tip,.dot{fill:#98a2ae}
.label{font-family:ui-monospace,Menlo,Consolas,monospace;font-size:11px;fill:#38414b}
.label .manner{fill:#7a8490}
.label rect{fill:#fff}
@media (prefers-color-scheme:dark){.chart{background:#0f1216}.state rect{fill:#191e24;stroke:#39424d}.state .title{fill:#eef1f4}.state .meaning{fill:#9aa4b0}.way path,.dot{stroke:#5d6875}.tip,.dot{fill:#5d6875}.label{fill:#c3cbd4}.label .manner{fill:#828d99}.label rect{fill:#0f1216}}
`;

function sizeOf(state: AnyStateNode): { width: number; height: number } {
  return { width: box.width, height: box.padding * 2 + box.title + 6 + meaningOf(state).length * box.line };
}

const meaningOf = (state: AnyStateNode) => broken((state.config.description ?? '').split(' '), box.columns);

interface Label {
  readonly events: readonly string[];
  /** The events, then guard and actions. */
  readonly lines: readonly { readonly text: string; readonly isManner: boolean }[];
}

function labelsOf(source: AnyStateNode, target: AnyStateNode): Label[] {
  return grouped(waysBetween(source, target)).map(({ events, manner }) => ({
    events,
    lines: [
      ...broken(listed(events), label.columns).map((text) => ({ text, isManner: false })),
      ...broken(manner, label.columns).map((text) => ({ text, isManner: true })),
    ],
  }));
}

function edgeOf(source: AnyStateNode, target: AnyStateNode): ElkExtendedEdge[] {
  const found = source === target ? [] : labelsOf(source, target);
  if (found.length === 0) return [];
  const lines = found.flatMap(({ lines: each }) => each);
  const longest = Math.max(...lines.map(({ text }) => text.length));
  const size = {
    width: longest * label.letter + 8,
    height: lines.length * label.line + (found.length - 1) * label.between + 4,
  };
  const id = `${source.key}→${target.key}`;
  return [{ id, sources: [source.key], targets: [target.key], labels: [{ id, text: id, ...size }] }];
}

function drawnState({ x = 0, y = 0, width = 0, height = 0 }: ElkNode, state: AnyStateNode | undefined): string {
  if (state === undefined) return '';
  const staying = grouped(waysBetween(state, state)).map(({ events, manner }) => [...events, ...manner].join(' '));
  const lines = meaningOf(state).map(
    (text, i) =>
      `<text class="meaning" x="${box.padding}" y="${box.padding + box.title + 18 + i * box.line}">${escaped(text)}</text>`,
  );
  return [
    `<g class="state" data-state="${escaped(state.key)}" transform="translate(${round(x)} ${round(y)})">`,
    ...(staying.length > 0 ? [`<title>${escaped(`Taken without leaving it:\n${staying.join('\n')}`)}</title>`] : []),
    `<rect width="${width}" height="${height}" rx="10"/>`,
    `<text class="title" x="${box.padding}" y="${box.padding + box.title - 2}">${escaped(state.key)}</text>`,
    ...lines,
    '</g>',
  ].join('');
}

const dot = ({ x = 0, y = 0 }: ElkNode) => `<circle class="dot" cx="${round(x) + 5}" cy="${round(y) + 5}" r="5"/>`;

function arrow(edge: ElkExtendedEdge): string {
  const { from, to } = endsOf(edge);
  const lines = (edge.sections ?? []).map(({ startPoint, bendPoints = [], endPoint }) =>
    rounded([startPoint, ...bendPoints, endPoint]),
  );
  const paths = lines.map((d) => `<path d="${d}" marker-end="url(#tip)"/>`).join('');
  return `<g class="way" data-from="${escaped(from)}" data-to="${escaped(to)}">${paths}</g>`;
}

function labels(edge: ElkExtendedEdge, states: readonly AnyStateNode[]): string {
  const { from, to } = endsOf(edge);
  const [source, target] = [from, to].map((key) => states.find((state) => state.key === key));
  if (source === undefined || target === undefined) return '';
  const { x = 0, y = 0, width = 0, height = 0 } = edge.labels?.[0] ?? {};
  let top = 0;
  const texts = labelsOf(source, target).map(({ events, lines }) => {
    const drawn = lines.map(({ text, isManner }) => {
      top += label.line;
      return `<text${isManner ? ' class="manner"' : ''} x="4" y="${top - 2}">${escaped(text)}</text>`;
    });
    top += label.between;
    return `<g class="event" data-events="${escaped(events.join(' | '))}">${drawn.join('')}</g>`;
  });
  return [
    `<g class="label" data-from="${escaped(from)}" data-to="${escaped(to)}" transform="translate(${round(x)} ${round(y)})">`,
    `<rect width="${round(width)}" height="${round(height)}" rx="3"/>${texts.join('')}</g>`,
  ].join('');
}

const endsOf = ({ sources, targets }: ElkExtendedEdge) => ({ from: sources[0] ?? '', to: targets[0] ?? '' });

/** A line along points, with its corners taken off. */
function rounded(points: readonly { readonly x: number; readonly y: number }[]): string {
  const [begin, ...rest] = points;
  if (begin === undefined) return '';
  let path = `M${round(begin.x)} ${round(begin.y)}`;
  rest.forEach((point, i) => {
    const before = points[i] ?? point;
    const after = rest[i + 1];
    if (after === undefined) path += `L${round(point.x)} ${round(point.y)}`;
    else {
      const into = towards(point, before);
      const out = towards(point, after);
      path += `L${into}Q${round(point.x)} ${round(point.y)} ${out}`;
    }
  });
  return path;
}

function towards(from: { x: number; y: number }, to: { x: number; y: number }): string {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const part = length === 0 ? 0 : Math.min(8, length / 2) / length;
  return `${round(from.x + (to.x - from.x) * part)} ${round(from.y + (to.y - from.y) * part)}`;
}

function broken(words: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= columns) lines[lines.length - 1] = `${line} ${word}`;
    else if (word !== '') lines.push(word);
  }
  return lines;
}

const round = (value: number) => Math.round(value * 10) / 10;

const escaped = (text: string) =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`).replaceAll('\n', '&#10;');
