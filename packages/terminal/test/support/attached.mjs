// A program that attaches its terminal to a remote played by a test. The test holds the other end of a socket:
// node attached.mjs PORT '{"options":"of attachTerminal"}'
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { PassThrough, Writable } from 'node:stream';
import { attachTerminal } from '@hawser/terminal';

const [port, options = '{}'] = process.argv.slice(2);
const wire = connect(Number(port), '127.0.0.1');
const tell = (fact) => void wire.write(`${JSON.stringify(fact)}\n`);

const abort = new AbortController();
const stdout = new PassThrough();
const stderr = new PassThrough();
let end;
const ended = new Promise((resolve) => (end = resolve));
let held;
const stdin = new Writable({
  highWaterMark: 1024,
  write(chunk, _encoding, done) {
    tell({ typed: chunk.toString('base64') });
    if (held) held = done;
    else done();
  },
  final(done) {
    tell({ inputEnded: true });
    done();
  },
});

const orders = {
  show: (text) => stdout.write(text),
  showError: (text) => stderr.write(text),
  end: () => {
    stdout.end();
    stderr.end();
    end();
  },
  hold: () => (held = () => undefined),
  release: () => {
    const done = held;
    held = undefined;
    done();
  },
  abort: () => abort.abort(),
  crash: () => {
    throw new Error('planned crash');
  },
  memory: () => tell({ heldInput: process.stdin.readableLength + stdin.writableLength }),
};

wire.once('connect', () => void attach());

async function attach() {
  createInterface({ input: wire }).on('line', (line) => {
    const [order, value] = JSON.parse(line);
    orders[order](value);
  });
  tell({ isRaw: process.stdin.isRaw ?? false });
  const attached = attachTerminal({
    remote: { stdin, stdout, stderr, ended, resize: (size) => tell({ size }) },
    signal: abort.signal,
    ...JSON.parse(options),
  });
  // Behind the handler of the terminal, which was installed first.
  process.on('SIGCONT', () => tell({ continued: true }));
  const how = await attached;
  wire.end(`${JSON.stringify({ how, isRaw: process.stdin.isRaw ?? false })}\n`);
}
