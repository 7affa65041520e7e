// Writes docs/benchmarks.md and its plots from what the benchmarks and the long runs said.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { peers } from './machine.mjs';
import { gainsOf, median, plot } from './plot.mjs';

const soaks = fileURLToPath(new URL('../results/soak.json', import.meta.url));
const titles = {
  contexts: 'Tokens for kubectl',
  exec: 'Executions',
  hf: 'Pushes to a Hub',
  sessions: 'Terminal sessions',
  size: 'Size of the packages',
  ssm: 'Sessions of Session Manager',
  startup: 'Start of the commands',
  'state-store': 'Documents that survive',
  tunnels: 'Tunnels',
};

/**
 * Writes the page and its plots below `out`.
 *
 * @returns where the page is.
 */
export function writePage({ programs }, out) {
  const areas = grouped(Object.entries(programs), ([, { area }]) => area);
  const folder = join(out, 'docs/benchmarks');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const sections = [...areas].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([area, of]) => section(area, of, folder));
  const page = join(out, 'docs/benchmarks.md');
  writeFileSync(page, [...preface(programs), ...sections.flat(), ...longRuns(), ''].join('\n'));
  return page;
}

function preface(programs) {
  const machines = new Map();
  for (const [name, { on, quick }] of Object.entries(programs)) {
    const words = `${on.processor}, ${on.cores} cores, ${on.memoryGib} GiB, ${on.system}, Node ${on.node}, ${on.day}`;
    machines.set(words, [...(machines.get(words) ?? []), { name, load: on.load, busy: on.load > on.cores / 2, quick }]);
  }
  const lost = Object.values(programs).flatMap(({ figures }) =>
    figures.filter((figure) => verdict(figure) === 'behind'),
  );
  const missed = Object.values(programs).flatMap(({ figures }) => figures.filter(({ isKept }) => isKept === false));
  const versions = Object.entries(peers()).map(([name, version]) => `- ${name}: ${version.replace(/^v(?=\d)/, '')}`);
  return [
    '# Benchmarks',
    '',
    '<!-- Written by npm run bench from bench/results. Do not edit. -->',
    '',
    'Each figure stands beside a peer, or beside a floor: work that ours has within it, such as `node -e 0` for a start or one',
    'digest for a protocol that demands one. Both were measured in turns, in the same minutes on the same machine, and a',
    'ratio is that of one round, so that what else happened there hit both. A ratio is written as median (least – most) over',
    'the rounds. **Ahead** and **behind** are said of peers, where every round says the same; `even` is the rest. In the plots',
    'right of the line is better, however it is measured; floors are grey. `npm run bench` writes this page, `npm run bench -- ssm` one section of it.',
    '',
    '## Where we lose',
    '',
    ...(lost.length === 0
      ? ['To no peer in every round of a figure.']
      : lost.map(({ what, beside }) => `- ${what}, beside ${beside.name}`)),
    ...(missed.length === 0
      ? []
      : ['', 'Promised, and missed in this run:', '', ...missed.map(({ what }) => `- ${what}`)]),
    '',
    '## Where it ran',
    '',
    ...[...machines].flatMap(([words, runs]) => [`- ${words}: ${runs.map(nameOf).join(', ')}.`]),
    '',
    '`busy`: the machine had other work, its load in the minute before stands beside it. Ratios bear that, absolute values do',
    'not. `short`: fewer rounds and smaller loads than a whole run.',
    '',
    'Beside us:',
    '',
    ...versions,
    '',
  ];
}

function nameOf({ name, load, busy, quick }) {
  const marks = [...(busy ? [`busy, ${load}`] : []), ...(quick ? ['short'] : [])];
  return `${name}${marks.length > 0 ? ` (${marks.join('; ')})` : ''}`;
}

function section(area, programs, folder) {
  const figures = programs.flatMap(([, each]) => each.figures);
  const compared = figures.filter(({ beside }) => beside);
  const alone = figures.filter(({ beside }) => !beside);
  const lines = ['', `## ${titles[area] ?? area}`, ''];
  if (compared.length > 0) {
    const title = `${titles[area] ?? area}: how many times as good as what stands beside it`;
    writeFileSync(join(folder, `${area}.svg`), plot(title, compared));
    lines.push(
      `![${title}](benchmarks/${area}.svg)`,
      '',
      '| | Ours | Beside it | Ratio | | Promised |',
      '|---|---|---|---|---|---|',
      ...compared.map(row),
      '',
    );
  }
  if (alone.length > 0) {
    lines.push('| By itself | | Promised |', '|---|---|---|');
    for (const { what, unit, ours, promised, isKept } of alone)
      lines.push(`| ${cell(what)} | ${range(ours)} ${unit} | ${promiseOf(promised, isKept)} |`);
    lines.push('');
  }
  return lines;
}

function row(figure) {
  const { what, unit, ours, beside, promised, isKept } = figure;
  const said = verdict(figure);
  const words = said === 'ahead' || said === 'behind' ? `**${said}**` : said;
  const peer = `${cell(beside.name)}: ${number(median(beside.values))} ${unit}`;
  return `| ${cell(what)} | ${number(median(ours))} ${unit} | ${peer} | ${range(ratiosOf(figure))} × | ${words} | ${promiseOf(promised, isKept)} |`;
}

/** Better or worse in every round, or neither; what stands beside a floor cannot win. */
function verdict(figure) {
  if (!figure.beside) return 'even';
  if (figure.beside.isFloor) return 'floor';
  const gains = gainsOf(figure);
  if (gains.every((gain) => gain > 1)) return 'ahead';
  return gains.every((gain) => gain < 1) ? 'behind' : 'even';
}

function ratiosOf({ ours, beside }) {
  return ours.map((value, round) => value / (beside.values[round] ?? median(beside.values)));
}

function promiseOf(promised, isKept) {
  return promised === undefined
    ? ''
    : `${cell(promised)}${isKept === undefined ? '' : isKept ? ', kept' : ', **missed**'}`;
}

function longRuns() {
  if (!existsSync(soaks)) return [];
  const runs = JSON.parse(readFileSync(soaks, 'utf8'));
  return [
    '',
    '## Long runs',
    '',
    '`npm run soak`, seeded and repeatable; `npm test` runs the same, small.',
    '',
    '| Run | Size | Seconds | What it saw |',
    '|---|---|---|---|',
    ...runs.map(({ name, size, seconds, figures }) => {
      const seen = Object.entries(figures).map(
        ([what, value]) => `${what}: ${typeof value === 'number' ? number(value) : value}`,
      );
      return `| ${cell(name)} | ${cell(String(size))} | ${number(seconds)} | ${cell(seen.join('; '))} |`;
    }),
  ];
}

function range(values) {
  if (values.length === 1) return number(values[0]);
  return `${number(median(values))} (${number(Math.min(...values))} – ${number(Math.max(...values))})`;
}

function number(value) {
  if (value === 0) return '0';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  const text = value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: 0 });
  return text === '0' ? value.toPrecision(1) : text;
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function grouped(all, keyOf) {
  const groups = new Map();
  for (const each of all) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each]);
  return groups;
}
