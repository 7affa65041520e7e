import { describe, expect, test } from '@jest/globals';
import { parseDockerignore } from '../../src/dockerfile/dockerignore.js';
import { compileGlob } from '../../src/dockerfile/glob.js';
import { readDockerfile } from '../../src/dockerfile/model.js';
import { portsOf } from '../../src/dockerfile/port.js';
import { predictBuild } from '../../src/dockerfile/predict.js';
import { expandVariables } from '../../src/dockerfile/variables.js';
import { flatDockerfile } from '../../../../test/support/environments.js';

const files = ['Dockerfile', 'server/app.py', 'server/x y.py', 'models.py', 'data/deep/file.bin'];
const quiet = ['dockerfile/no-user', 'dockerfile/no-healthcheck', 'dockerfile/shell-form', 'dockerfile/no-command'];

function predict(text: string, dockerignore?: string): readonly string[] {
  const findings = predictBuild({ model: readDockerfile(text), path: 'Dockerfile', files, dockerignore });
  return findings
    .map(({ rule, line }) => `${rule}:${line}`)
    .filter((each) => !quiet.includes(each.replace(/:\d+$/, '')));
}

describe('a build is predicted', () => {
  test('the Dockerfile of openenv init will do', () => {
    expect(predict(flatDockerfile)).toEqual([]);
  });

  test.each([
    ['a folder', 'FROM a/b\nCOPY server/ /x\n'],
    ['a folder without a slash, and ./', 'FROM a/b\nCOPY ./server /x\n'],
    ['from the root', 'FROM a/b\nCOPY /models.py /x\n'],
    ['everything', 'FROM a/b\nCOPY . .\n'],
    ['a pattern', 'FROM a/b\nCOPY *.py server/?pp.py /x/\n'],
    ['JSON form with a space', 'FROM a/b\nCOPY ["server/x y.py", "/x"]\n'],
    ['JSON form over two lines', 'FROM a/b\nCOPY ["models.py", \\\n  "/x"]\n'],
    ['flags', 'FROM a/b\nCOPY --chown=1:1 --chmod=755 models.py /x\n'],
    ['a web address', 'FROM a/b\nADD https://x.y/z /x\n'],
    ['a repository', 'FROM a/b\nADD git@github.com:x/y.git /x\n'],
    ['a heredoc', 'FROM a/b\nCOPY <<EOF /x\nCOPY nothing /y\nEOF\n'],
    ['a variable with a default', 'FROM a/b\nARG D=server\nCOPY ${D}/app.py /x\n'],
    ['a variable of before the FROM', 'ARG D=server\nFROM a/b\nARG D\nCOPY $D /x\n'],
    ['another image', 'FROM a/b\nCOPY --from=ghcr.io/astral-sh/uv:latest /uv /x\nCOPY --from=nginx /a /b\n'],
    ['a stage by number', 'FROM a/b\nFROM c/d\nCOPY --from=0 /a /b\n'],
    ['a stage by name, in whichever case', 'FROM a/b AS Builder\nFROM c/d\nCOPY --from=builder /a /b\n'],
  ])('%s is there', (_, text) => {
    expect(predict(text)).toEqual([]);
  });

  test.each([
    ['dockerfile/missing-source:2', 'FROM a/b\nCOPY src/core/ /x\n'],
    ['dockerfile/missing-source:2', 'FROM a/b\nCOPY *.toml /x\n'],
    ['dockerfile/missing-source:3', 'FROM a/b\nARG N=other\nCOPY $N /x\n'],
    ['dockerfile/source-outside:2', 'FROM a/b\nCOPY ../x /x\n'],
    ['dockerfile/unknown-variable:3', 'FROM a/b\nARG N\nCOPY $N /x\n'],
    ['dockerfile/unknown-stage:2', 'FROM a/b\nCOPY --from=builder /a /b\n'],
    ['dockerfile/unknown-stage:2', 'FROM a/b\nCOPY --from=0 /a /b\n'],
    ['dockerfile/unknown-stage:2', 'FROM a/b\nRUN --mount=type=bind,from=builder,target=/x true\n'],
    ['dockerfile/unknown-stage:2', 'FROM a/b AS later\nCOPY --from=later /a /b\n'],
    ['dockerfile/local-base:1', 'FROM openspiel-base:latest\n'],
    ['dockerfile/local-base:1', 'FROM my-own-thing\n'],
    ['dockerfile/platform:1', 'FROM --platform=linux/arm64 a/b\n'],
    ['dockerfile/base-unknown:2', 'ARG BASE\nFROM ${BASE}\n'],
    ['dockerfile/syntax:1', 'RUN x\nFROM a/b\n'],
    ['dockerfile/syntax:1', 'COPY a b\n'],
    ['dockerfile/syntax:2', 'FROM a/b\nCOPPY a b\n'],
    ['dockerfile/syntax:2', 'FROM a/b\nEXPOSE\n'],
    ['dockerfile/several-commands:2', 'FROM a/b\nCMD x\nCMD y\n'],
    ['dockerfile/web-overridden:2', 'FROM a/b\nCMD ENABLE_WEB_INTERFACE=false uvicorn x\n'],
  ])('%s', (rule, text) => {
    expect(predict(text)).toContain(rule);
  });

  test.each([
    ['dockerfile/no-user', 'FROM a/b\n', true],
    ['dockerfile/no-user', 'FROM a/b\nUSER 1000\n', false],
    ['dockerfile/no-healthcheck', 'FROM a/b AS c\nHEALTHCHECK CMD x\nFROM c\n', false],
    ['dockerfile/no-healthcheck', 'FROM a/b\n', true],
    ['dockerfile/shell-form', 'FROM a/b\nCMD uvicorn x\n', true],
    ['dockerfile/shell-form', 'FROM a/b\nCMD ["uvicorn", \\\n  "x"]\n', false],
    ['dockerfile/no-command', 'FROM a/b\n', true],
    ['dockerfile/no-command', 'FROM a/b AS c\nCMD x\nFROM c\n', false],
  ])('%s is told of %j: %s', (rule, text, is) => {
    const rules = predictBuild({ model: readDockerfile(text), path: 'Dockerfile', files }).map(
      (finding) => finding.rule,
    );
    expect(rules.includes(rule)).toBe(is);
  });

  test('what .dockerignore leaves out cannot be copied', () => {
    expect(predict('FROM a/b\nCOPY models.py /x\nCOPY server /y\n', '*.py\n!server/*.py')).toEqual([
      'dockerfile/ignored-source:2',
    ]);
  });
});

describe('.dockerignore', () => {
  test.each([
    ['*.py', ['models.py'], ['server/app.py']],
    ['**/*.py', ['models.py', 'server/app.py'], ['data/x']],
    ['server', ['server', 'server/app.py'], ['server2']],
    ['/server/', ['server/app.py'], []],
    ['*\n!server', ['models.py'], ['server/app.py']],
    ['# server\n', [], ['server', '# server']],
    ['data/**/file', ['data/file', 'data/a/b/file'], ['file']],
    ['a?c', ['abc'], ['a/c', 'ac']],
    ['[', [], ['[']],
  ])('%j', (text, out, kept) => {
    const isIgnored = parseDockerignore(text);
    expect(out.filter((path) => !isIgnored(path))).toEqual([]);
    expect(kept.filter(isIgnored)).toEqual([]);
  });

  test('patterns that are no patterns match nothing', () => {
    expect([compileGlob('['), compileGlob('\\')]).toEqual([undefined, undefined]);
    expect(compileGlob('[^a]\\*')?.test('b*')).toBe(true);
  });
});

describe('variables', () => {
  test.each([
    ['$A/${A}', '1/1', []],
    ['${NONE:-x} ${NONE-y} ${A:-x}', 'x y 1', []],
    ['${A:+x}${NONE:+y}', 'x', []],
    ['\\$A $NONE', '$A ', ['NONE']],
    ['$', '$', []],
  ])('%s', (text, expanded, unknown) => {
    expect(expandVariables(text, new Map([['A', '1']]))).toEqual({ text: expanded, unknown });
  });
});

describe('ports', () => {
  test.each([
    ['CMD ["sh", "-c", "cd /app && uvicorn a:b --port 8004"]', 8004, []],
    ['CMD uvicorn a:b --port=8000\nEXPOSE 8000 9000/tcp\nEXPOSE 7000', 8000, [8000, 9000, 7000]],
    ['ENV PORT=8123\nCMD uvicorn a:b --port ${PORT}\nEXPOSE $PORT', 8123, [8123]],
    ['CMD uvicorn a:b --port ${PORT:-8001}', 8001, []],
    ['CMD gunicorn -b 0.0.0.0:5000 x', 5000, []],
    ['ENTRYPOINT ["x", "--port", "9"]\nCMD ["y"]', 9, []],
    ['CMD ["python", "-m", "server"]\nEXPOSE 99999', undefined, []],
  ])('%j', (text, command, exposed) => {
    expect(portsOf(readDockerfile(`FROM a/b\n${text}\n`))).toEqual({ command, exposed });
  });
});
