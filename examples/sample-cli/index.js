// A program to look at through a terminal session. It needs no network, no key and no package.
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const usage = `Usage: node index.js run [--exit CODE] [--steps NUMBER] [--no-ask]

  --exit CODE     end with this code (default 0)
  --steps NUMBER  steps of the progress bar, a tenth of a second each (default 20)
  --no-ask        ask nothing
`;

const [verb, ...words] = process.argv.slice(2);
if (verb !== 'run') {
  process.stdout.write(usage);
  process.exit(verb === undefined || verb === '--help' ? 0 : 2);
}
process.exitCode = await run({
  exitCode: numberAfter('--exit', 0),
  steps: numberAfter('--steps', 20),
  asks: !words.includes('--no-ask') && process.stdin.isTTY,
});

async function run({ exitCode, steps, asks }) {
  // Undefined where stdout is no terminal.
  const { columns, rows } = process.stdout.isTTY ? process.stdout : { columns: 80, rows: 24 };
  say(paint('1;36', 'sample-cli'), paint('2', `on ${process.version}, ${columns}×${rows}`));
  const prompt = process.env.HAWSER_PROMPT;
  if (prompt) say(`The prompt is ${paint('33', JSON.stringify(prompt))}.`);
  say([31, 33, 32, 36, 34, 35].map((colour) => paint(`${colour}`, '●')).join(' '), paint('2', 'six colours'));
  await work(steps);
  if (asks) say(`Hello, ${paint('1', (await ask('Who is there? ')) || 'stranger')}!`);
  say(exitCode === 0 ? paint('32', '✓ done') : paint('31', `✗ ending with ${exitCode}, as asked`));
  return exitCode;
}

/** A progress bar that redraws its line, as long as the terminal is wide. */
async function work(steps) {
  const hidden = '\u001B[?25l';
  const shown = '\u001B[?25h';
  process.stdout.write(hidden);
  for (let step = 1; step <= steps; step += 1) {
    await delay(100);
    const width = Math.max(10, Math.min(40, (process.stdout.columns ?? 80) - 20));
    const filled = Math.round((width * step) / steps);
    const bar = paint('32', '█'.repeat(filled)) + paint('2', '░'.repeat(width - filled));
    process.stdout.write(`\r${bar} ${String(Math.round((100 * step) / steps)).padStart(3)} %`);
  }
  process.stdout.write(`${shown}\n`);
}

function ask(question) {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  return new Promise((resolve) => {
    let answer = '';
    terminal.on('close', () => resolve(answer));
    terminal.question(question, (text) => {
      answer = text.trim();
      terminal.close();
    });
  });
}

function paint(code, text) {
  return process.env.NO_COLOR ? text : `\u001B[${code}m${text}\u001B[0m`;
}

function say(...parts) {
  process.stdout.write(`${parts.join(' ')}\n`);
}

function numberAfter(flag, usual) {
  const at = words.indexOf(flag);
  if (at < 0) return usual;
  const value = Number(words[at + 1]);
  if (!Number.isInteger(value) || value < 0 || value > 255) {
    process.stderr.write(usage);
    process.exit(2);
  }
  return value;
}
