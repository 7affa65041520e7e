import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { matches } from './guide-output.js';
import { blocksOf, type Block, type Marks } from './guide-blocks.js';
import { Program } from './program.js';
import { hawser, root } from './workspace.js';
import { freePort } from './free-port.js';

/** What a page is run with. */
interface Surroundings {
  /** Variables beside those every page has: endpoints of what it talks to. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether blocks marked `run=soak` run, too. */
  readonly all: boolean;
}

/** A byte that no command prints, so that what tells the blocks apart is not taken for output. */
const mark = '\u001e';

/**
 * Runs what a page tells its reader to do, from top to bottom, in one shell with a folder and a home of its own: files
 * are made, commands typed, and what they print compared with what the page says they print. Rejects with the line of
 * the first block that does not do as the page says.
 */
export async function follow(markdown: string, { env = {}, all }: Surroundings): Promise<void> {
  const above = mkdtempSync(join(tmpdir(), 'hawser-guide-'));
  try {
    const settings = blocksOf(markdown).reduce<Marks>((so, { settings: own }) => ({ ...so, ...own }), {});
    const said = await replacements(settings);
    const blocks = chosen(blocksOf(said(markdown)), all);
    const script = join(above, 'page.sh');
    writeFileSync(script, scriptOf(blocks, above));
    await using shell = new Program('bash', ['--noprofile', '--norc', script], {
      cwd: makeFolders(above),
      env: { ...environment(above), ...env },
      input: '',
    });
    const { code } = await shell.ended;
    judge(blocks, shell.text, `${code ?? 'a signal'}: ${shell.stderr}`);
  } finally {
    rmSync(above, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Leaves out what only the long run does, with what it would print. */
function chosen(blocks: readonly Block[], all: boolean): Block[] {
  let runs = true;
  return blocks.filter(({ marks }) => {
    if (marks['output'] === undefined) runs = all || marks['run'] !== 'soak';
    return runs;
  });
}

/** Puts what a page's settings name in the place of what it says: free ports, and names that lead nowhere here. */
async function replacements({
  ports,
  world: _world,
  commands: _commands,
  ...words
}: Marks): Promise<(text: string) => string> {
  const pairs = Object.entries(words);
  for (const port of (ports ?? '').split(',').filter(Boolean)) pairs.push([port, String(await freePort())]);
  return (text) =>
    text
      .split('\n')
      .map((line) =>
        line.startsWith('<!-- test ') ? line : pairs.reduce((so, [from, to]) => so.replaceAll(from, to), line),
      )
      .join('\n');
}

/** A folder to work in, from which our packages can be imported, and a home with `hawser` on its PATH. */
function makeFolders(above: string): string {
  // With a state folder of its own, none further up is found.
  for (const name of ['work/.hawser', 'work/node_modules/@hawser', 'home', 'bin', 'tmp', 'blocks']) {
    mkdirSync(join(above, name), { recursive: true });
  }
  for (const name of readdirSync(join(root, 'packages'))) {
    symlinkSync(join(root, 'packages', name), join(above, 'work/node_modules/@hawser', name));
  }
  writeFileSync(join(above, 'bin/hawser'), `#!/bin/sh\nexec '${process.execPath}' '${hawser}' "$@"\n`, { mode: 0o755 });
  // Whoever has no checkout types `npx`; here it leads to this checkout, and nowhere else.
  const npx =
    '[ "$1" = --yes ] && shift\ncase "$1" in hawser | @hawser/cli) shift; exec hawser "$@" ;; esac\nexit 127\n';
  writeFileSync(join(above, 'bin/npx'), `#!/bin/sh\n${npx}`, { mode: 0o755 });
  writeFileSync(
    join(above, 'home/.gitconfig'),
    '[user]\nname = Ada\nemail = ada@example.com\n[init]\ndefaultBranch = main\n',
  );
  return join(above, 'work');
}

function environment(above: string): NodeJS.ProcessEnv {
  const home = join(above, 'home');
  return {
    HOME: home,
    TMPDIR: join(above, 'tmp'),
    PATH: [join(above, 'bin'), dirname(process.execPath), process.env['PATH']].join(delimiter),
    LANG: 'C.UTF-8',
    NO_COLOR: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    GUIDE_CHECKOUT: root,
  };
}

/** The whole page as one script: each block in the same shell, behind a line that says how the one before ended. */
function scriptOf(blocks: readonly Block[], above: string): string {
  mkdirSync(join(above, 'blocks'), { recursive: true });
  const steps: string[] = [];
  const ends: string[] = [];
  for (const [index, block] of blocks.entries()) {
    const path = join(above, 'blocks', String(index));
    const { marks, language, text } = block;
    if (marks['file'] !== undefined) {
      writeFileSync(path, text);
      steps.push(`mkdir -p '${dirname(marks['file'])}' && cp '${path}' '${marks['file']}'`);
    } else if (marks['end'] !== undefined) {
      ends.push(text);
    } else if (marks['run'] !== undefined) {
      const commands = language === 'ts' || language === 'js' ? asModule(path, text) : text;
      writeFileSync(path, `trap 'codes="$codes $?"' ERR\n${commands}\ntrap - ERR\n`);
      const wanted = (marks['expect'] ?? '').replaceAll(',', ' ');
      steps.push(
        `codes=; . '${path}'`,
        `printf '${mark}%s %s${mark}' ${index} "$codes"`,
        `[ "$codes" = '${wanted && ` ${wanted}`}' ] || exit 1`,
      );
    }
  }
  writeFileSync(join(above, 'blocks/end'), ends.join('\n'));
  return [
    'exec </dev/null 2>&1',
    `trap ". '${join(above, 'blocks/end')}'" EXIT`,
    ...steps,
    `printf '${mark}over${mark}'`,
    '',
  ].join('\n');
}

/** Writes a program into the page's folder, where its imports are found; answers with the command that runs it. */
function asModule(path: string, text: string): string {
  writeFileSync(`${path}.mjs`, text);
  return `cp '${path}.mjs' ./example.mjs && node example.mjs`;
}

/** Compares what was printed with what the page says. */
function judge(blocks: readonly Block[], printed: string, ended: string): void {
  const pieces = printed.split(mark);
  let before: { readonly block: Block; readonly output: string } | undefined;
  let at = 0;
  for (const [index, block] of blocks.entries()) {
    if (block.marks['run'] !== undefined) {
      const [output = '', status = ''] = pieces.slice(at, at + 2);
      at += 2;
      const [number, ...codes] = status.trim().split(/ +/);
      if (number !== String(index)) throw complaint(block, `did not come to its end (${ended})`, output);
      if (codes.join() !== (block.marks['expect'] ?? ''))
        throw complaint(block, `has a command that ended with ${codes.join(', ') || '0'}`, output);
      before = { block, output };
    } else if (block.marks['output'] !== undefined) {
      const missing = matches(before?.output ?? '', block.text);
      if (missing !== undefined)
        throw complaint(block, `says ${JSON.stringify(missing)}, which was not printed`, before?.output ?? '');
    }
  }
}

function complaint({ line, text }: Block, what: string, output: string): Error {
  return new Error(`The block at line ${line} ${what}.\n\n${text}\nPrinted:\n${output}`);
}
