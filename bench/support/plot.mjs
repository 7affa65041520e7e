// Plots of benchmarks: one line a figure, a dot at the median of its rounds and a whisker from the worst to the best, on
// a logarithmic scale around "as good as what stands beside it". Text and paths only; the colours follow the reader's.

const width = 880;
const left = 400;
const right = 28;
const lineHeight = 34;
const top = 46;

/** How many times as good each round was as what stands beside it. */
export function gainsOf({ better, ours, beside }) {
  const usual = median(beside.values);
  return ours.map((value, turn) => {
    const peer = beside.values[turn] ?? usual;
    return better === 'less' ? peer / value : value / peer;
  });
}

/** An SVG of these figures, each of which has something beside it. */
export function plot(title, figures) {
  const rows = figures.map((figure) => {
    const gains = gainsOf(figure).toSorted((a, b) => a - b);
    return { figure, least: gains[0], half: median(gains), most: gains.at(-1) };
  });
  const least = Math.min(0.5, ...rows.map((row) => row.least)) / 1.15;
  const most = Math.max(2, ...rows.map((row) => row.most)) * 1.15;
  const x = (gain) =>
    round(left + ((Math.log(gain) - Math.log(least)) / (Math.log(most) - Math.log(least))) * (width - left - right));
  const height = top + rows.length * lineHeight + 34;
  const bottom = top + rows.length * lineHeight;
  const ticks = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100].filter(
    (tick) => tick > least && tick < most,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}">
<style>
text { font: 13px system-ui, sans-serif; fill: #1d2529; }
.small { font-size: 11.5px; fill: #5b686e; }
.grid { stroke: #dcdcd4; } .even { stroke: #5b686e; stroke-dasharray: 4 3; }
.good { stroke: #0b7285; fill: #0b7285; } .bad { stroke: #b3541e; fill: #b3541e; }
.floor { stroke: #7b878c; fill: #7b878c; }
@media (prefers-color-scheme: dark) {
text { fill: #e4e9ea; } .small { fill: #a0adb2; } .grid { stroke: #2c373d; } .even { stroke: #a0adb2; }
.good { stroke: #56c2d2; fill: #56c2d2; } .bad { stroke: #e59a62; fill: #e59a62; } .floor { stroke: #8d9aa0; fill: #8d9aa0; }
}
</style>
<title>${escape(title)}</title>
<text class="small" x="${x(1)}" y="16" text-anchor="middle">as good</text>
<text class="small" x="${width - right}" y="16" text-anchor="end">better →</text>
${ticks.map((tick) => `<line class="${tick === 1 ? 'even' : 'grid'}" x1="${x(tick)}" y1="${top - 18}" x2="${x(tick)}" y2="${bottom}"/><text class="small" x="${x(tick)}" y="${bottom + 18}" text-anchor="middle">${tick} ×</text>`).join('\n')}
${rows.map((row, index) => drawn(row, top + index * lineHeight, x)).join('\n')}
</svg>
`;
}

function drawn({ figure, least, half, most }, y, x) {
  const kind = figure.beside.isFloor ? 'floor' : half >= 1 ? 'good' : 'bad';
  return `<g><title>${escape(`${figure.what}, beside ${figure.beside.name}: ${round(half)} × as good (${round(least)} – ${round(most)})`)}</title>
<text x="${left - 14}" y="${y + 1}" text-anchor="end">${escape(short(figure.what, 50))}</text>
<text class="small" x="${left - 14}" y="${y + 15}" text-anchor="end">beside ${escape(short(figure.beside.name, 50))}</text>
<line class="${kind}" x1="${x(least)}" y1="${y + 2}" x2="${x(most)}" y2="${y + 2}" stroke-width="3" stroke-linecap="round" opacity="0.55"/>
<circle class="${kind}" cx="${x(half)}" cy="${y + 2}" r="5"/></g>`;
}

function short(text, most) {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** The value in the middle. */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

function round(value) {
  return Number(value.toPrecision(4));
}

function escape(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
