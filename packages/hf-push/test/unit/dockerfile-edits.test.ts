import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { replaceBaseImage } from '../../src/dockerfile/base-image.js';
import { canBePulled, isImageName, isPlaceholderBase } from '../../src/dockerfile/images.js';
import { readDockerfile } from '../../src/dockerfile/model.js';
import { enableWebInterface, webInterfaceOf } from '../../src/dockerfile/web-interface.js';
import { flatDockerfile, seedDockerfile } from '../../../../test/support/environments.js';

const image = 'ghcr.io/my-org/custom-base:latest';
const web = 'ENV ENABLE_WEB_INTERFACE=true';

describe('--base-image', () => {
  test('changes the default of the ARG that both stages share, and nothing else', () => {
    const { text, replaced } = replaceBaseImage(flatDockerfile, image);
    expect(text).toBe(flatDockerfile.replace('ghcr.io/huggingface/openenv-base:latest', image));
    expect(replaced).toEqual(['ghcr.io/huggingface/openenv-base:latest']);
    expect(readDockerfile(text).stages.map(({ resolvedImage, name }) => [resolvedImage, name])).toEqual([
      [image, 'builder'],
      [image, undefined],
    ]);
  });

  test.each([
    ['one plain FROM', 'FROM a:1\nCMD x\n', `FROM ${image}\nCMD x\n`],
    [
      'flags and the name of the stage',
      'FROM --platform=linux/amd64 a:1 AS run\n',
      `FROM --platform=linux/amd64 ${image} AS run\n`,
    ],
    [
      'every stage on the same image, and none on another',
      'FROM a:1 AS one\nFROM b:1 AS two\nFROM a:1\nCOPY --from=one x y\n',
      `FROM ${image} AS one\nFROM b:1 AS two\nFROM ${image}\nCOPY --from=one x y\n`,
    ],
    [
      'a final stage that stands on another stage',
      'FROM a:1 AS base\nFROM base\n',
      `FROM ${image} AS base\nFROM base\n`,
    ],
    [
      'an ARG of another name',
      'ARG OPENSPIEL_BASE=x:1\nFROM $OPENSPIEL_BASE\n',
      `ARG OPENSPIEL_BASE=${image}\nFROM $OPENSPIEL_BASE\n`,
    ],
    ['a quoted default', 'ARG BASE="x:1"\nFROM ${BASE}\n', `ARG BASE=${image}\nFROM \${BASE}\n`],
    ['an ARG without a default', 'ARG BASE\nFROM ${BASE}\n', `ARG BASE=${image}\nFROM \${BASE}\n`],
    ['a default inside the FROM', 'ARG BASE\nFROM ${BASE:-x:1}\n', `ARG BASE\nFROM ${image}\n`],
    ['an image put together', 'ARG TAG=1\nFROM ghcr.io/x:${TAG} AS a\n', `ARG TAG=1\nFROM ${image} AS a\n`],
    ['the last of two ARGs', 'ARG B=x:1\nARG B=y:1\nFROM ${B}\n', `ARG B=x:1\nARG B=${image}\nFROM \${B}\n`],
    ['Windows line ends', 'FROM a:1\r\nCMD x\r\n', `FROM ${image}\r\nCMD x\r\n`],
    ['a digest', 'FROM a@sha256:abc\n', `FROM ${image}\n`],
    ['an escape directive', '# escape=`\nFROM a:1\nRUN x `\n  y\n', `# escape=\`\nFROM ${image}\nRUN x \`\n  y\n`],
    [
      'FROM in a heredoc, which is none',
      'FROM a:1\nRUN <<EOF\nFROM z\nEOF\n',
      `FROM ${image}\nRUN <<EOF\nFROM z\nEOF\n`,
    ],
  ])('%s', (_, before, after) => {
    expect(replaceBaseImage(before, image).text).toBe(after);
    expect(replaceBaseImage(after, image).text).toBe(after);
  });

  test('without it, only the names OpenEnv uses for its local base are replaced', () => {
    expect(replaceBaseImage(seedDockerfile, image, 'placeholder').text).toBe(
      seedDockerfile.replace('openenv-base:latest', image),
    );
    expect(replaceBaseImage('FROM envtorch-base:latest\n', image, 'placeholder').text).toBe(`FROM ${image}\n`);
    for (const foreign of ['python:3.11-slim', 'openspiel-base:latest', 'ghcr.io/meta-pytorch/openenv-base:0.2.1'])
      expect(replaceBaseImage(`FROM ${foreign}\n`, image, 'placeholder')).toEqual({
        text: `FROM ${foreign}\n`,
        replaced: [],
      });
  });

  test.each([
    ['ghcr.io/a/b:latest', true],
    ['localhost:5000/a', true],
    ['a@sha256:abcdef', true],
    ['a b', false],
    ['a\nRUN evil', false],
    ['--platform=x', false],
    ['', false],
  ])('%j can be an image: %s', (name, can) => {
    expect(isImageName(name)).toBe(can);
  });

  test.each([
    ['openenv-base:latest', 'no'],
    ['openspiel-base', 'no'],
    ['localhost:5000/x', 'no'],
    ['mine:local', 'no'],
    ['mine:1', 'doubtful'],
    ['python:3.11-slim', 'yes'],
    ['ghcr.io/huggingface/openenv-base:latest', 'yes'],
    ['org/x@sha256:0', 'yes'],
  ])('%s can be pulled: %s', (name, can) => {
    expect(canBePulled(name)).toBe(can);
    expect(isPlaceholderBase(name)).toBe(name.startsWith('openenv-base'));
  });
});

describe('the web interface', () => {
  test.each([
    [
      'before CMD, above its comment',
      flatDockerfile,
      flatDockerfile.replace('# Run the server', `${web}\n# Run the server`),
    ],
    ['before ENTRYPOINT', 'FROM a\nENTRYPOINT ["x"]\nCMD ["y"]\n', `FROM a\n${web}\nENTRYPOINT ["x"]\nCMD ["y"]\n`],
    ['behind FROM, where there is no command', 'FROM a\nRUN x', `FROM a\n${web}\nRUN x`],
    ['a value in the final stage', 'FROM a\nENV ENABLE_WEB_INTERFACE=false\nCMD x\n', `FROM a\n${web}\nCMD x\n`],
    ['the older form of ENV', 'FROM a\nENV ENABLE_WEB_INTERFACE false\n', 'FROM a\nENV ENABLE_WEB_INTERFACE true\n'],
    [
      'one of several values',
      'FROM a\nENV A=1 ENABLE_WEB_INTERFACE="no" \\\n  B=2\n',
      'FROM a\nENV A=1 ENABLE_WEB_INTERFACE=true \\\n  B=2\n',
    ],
    [
      'the last of two',
      'FROM a\nENV ENABLE_WEB_INTERFACE=true\nENV ENABLE_WEB_INTERFACE=0\n',
      `FROM a\n${web}\n${web}\n`,
    ],
    ['a value behind CMD', 'FROM a\nCMD x\nENV ENABLE_WEB_INTERFACE=off\n', `FROM a\nCMD x\n${web}\n`],
    [
      'a value of a stage that is not the final one',
      'FROM a AS b\nENV ENABLE_WEB_INTERFACE=true\nFROM c\nCMD x\n',
      `FROM a AS b\nENV ENABLE_WEB_INTERFACE=true\nFROM c\n${web}\nCMD x\n`,
    ],
    [
      'a comment that mentions it',
      'FROM a\n# ENABLE_WEB_INTERFACE=true\nCMD x\n',
      `FROM a\n${web}\n# ENABLE_WEB_INTERFACE=true\nCMD x\n`,
    ],
    [
      'the CMD of a HEALTHCHECK, which is none',
      'FROM a\nHEALTHCHECK \\\n  CMD curl x\nCMD y\n',
      `FROM a\nHEALTHCHECK \\\n  CMD curl x\n${web}\nCMD y\n`,
    ],
    [
      'a CMD inside a quoted RUN, which is none',
      "FROM a\nRUN echo 'x\\\nCMD y\\\n' > f\nCMD z\n",
      `FROM a\nRUN echo 'x\\\nCMD y\\\n' > f\n${web}\nCMD z\n`,
    ],
    [
      'a CMD inside a heredoc, which is none',
      'FROM a\nRUN <<EOF\nCMD y\nEOF\nCMD z\n',
      `FROM a\nRUN <<EOF\nCMD y\nEOF\n${web}\nCMD z\n`,
    ],
    ['shell form', 'FROM a\nCMD uvicorn x\n', `FROM a\n${web}\nCMD uvicorn x\n`],
    ['Windows line ends', 'FROM a\r\nCMD x\r\n', `FROM a\r\n${web}\r\nCMD x\r\n`],
  ])('%s', (_, before, after) => {
    expect(enableWebInterface(before)).toBe(after);
    expect(enableWebInterface(after)).toBe(after);
    expect(webInterfaceOf(readDockerfile(after))).toBe('true');
  });

  test('both edits, in either order and twice, have one result, and never throw', () => {
    const line = fc.constantFrom(
      'FROM a', 'FROM b AS one', 'FROM ${B}', 'ARG B=x', 'CMD x', 'CMD ["x"]', 'ENTRYPOINT x', 'RUN <<EOF', 'EOF', 'RUN a \\', '# c',
      'ENV ENABLE_WEB_INTERFACE=0', 'ENV ENABLE_WEB_INTERFACE', 'COPY a b', 'ENV', 'FROM', '', '"', '  ', 'ONBUILD CMD x',
    ); // prettier-ignore
    fc.assert(
      fc.property(fc.array(line, { maxLength: 9 }), fc.constantFrom('\n', '\r\n'), (lines, eol) => {
        const text = lines.join(eol);
        const one = enableWebInterface(replaceBaseImage(text, image).text);
        expect(replaceBaseImage(enableWebInterface(text), image).text).toBe(one);
        expect(enableWebInterface(replaceBaseImage(one, image).text)).toBe(one);
      }),
      { numRuns: 400 },
    );
  });
});
