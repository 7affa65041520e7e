// The reference of the libraries: one page for each export path of each published package, made by typedoc of the
// declarations that are published, comments and all.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { Application } from 'typedoc';
import { root, workspacePackages } from '../scripts/workspace.mjs';
import { anchorsOf, titleOf } from './markdown.mjs';

/** What typedoc-plugin-markdown adds to typedoc's options. */
const inMarkdown = /** @type {object} */ ({
  hideBreadcrumbs: true,
  hidePageHeader: true,
  parametersFormat: 'table',
  propertiesFormat: 'table',
  interfacePropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  expandObjects: true,
  useCodeBlocks: true,
  pageTitleTemplates: { module: '@hawser/{name}' },
});

/** Every door of a published library: `{ name: '@hawser/ssm-channel', door: 'ssm-channel/codec', types }`. */
export function doors() {
  return workspacePackages()
    .filter(({ manifest }) => manifest.private !== true)
    .flatMap(({ folder, name, manifest }) =>
      Object.entries(manifest.exports ?? {})
        .filter(([, target]) => target.types)
        .map(([path, target]) => ({
          name,
          door: [name.replace('@hawser/', ''), ...(path === '.' ? [] : [path.slice(2)])].join('/'),
          types: join(root, folder, target.types),
        })),
    );
}

/**
 * Makes the pages: `pages` is where they go, `work` a folder of its own for what typedoc wants on disk.
 *
 * @returns the doors, each with the path of its page below `pages`.
 */
export async function makeApiPages({ pages, work }) {
  const all = doors();
  mkdirSync(work, { recursive: true });
  const tsconfig = join(work, 'tsconfig.json');
  const compilerOptions = {
    target: 'ES2023',
    lib: ['ES2023', 'DOM'],
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
    module: 'NodeNext',
    strict: true,
    skipLibCheck: true,
    noEmit: true,
  };
  writeFileSync(tsconfig, JSON.stringify({ compilerOptions, files: all.map(({ types }) => types) }));
  const app = await Application.bootstrapWithPlugins({
    tsconfig,
    entryPoints: all.map(({ types }) => types),
    plugin: ['typedoc-plugin-markdown'],
    router: 'module',
    basePath: root,
    readme: 'none',
    skipErrorChecking: true,
    disableSources: true,
    excludePrivate: true,
    excludeInternal: true,
    excludeExternals: true,
    ...inMarkdown,
    validation: false,
    githubPages: false,
    logLevel: 'Error',
  });
  const project = await app.convert();
  if (!project) throw new Error('typedoc could not read the declarations: npm run build');
  const byPlace = new Map(all.map((door) => [placeOf(door.types), door]));
  for (const module of project.children ?? []) {
    const door = byPlace.get(module.name);
    if (!door) throw new Error(`typedoc made a page of ${module.name}, which is no export path`);
    module.name = door.door;
  }
  app.options.setValue('outputs', [{ name: 'markdown', path: pages }]);
  await app.generateOutputs(project);
  if (app.logger.hasErrors()) throw new Error('typedoc could not write the pages of the libraries');
  const texts = new Map(
    readdirSync(pages, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md'))
      .map((file) => [file.replaceAll(sep, '/'), readFileSync(join(pages, file), 'utf8')]),
  );
  const renamed = new Map(
    [...texts].flatMap(([file, text]) => {
      const name = `${titleOf(text)?.replace('@hawser/', '')}.md`;
      return name !== file && all.some(({ door }) => `${door}.md` === name) ? [[file, name]] : [];
    }),
  );
  for (const file of texts.keys()) {
    const text = withTrueNames(file, withTrueAnchors(file, texts), renamed);
    rmSync(join(pages, file));
    writeFileSync(join(pages, renamed.get(file) ?? file), text);
  }
  return all.map(({ name, door }) => ({ name, door, page: `${door}.md` }));
}

/** typedoc numbers a page after an export that differs from it in case alone; a page has the name of its door. */
function withTrueNames(file, text, renamed) {
  return text.replaceAll(/\]\(([\w/.-]+\.md)/g, (link, path) => {
    const aim = renamed.get(posix.join(posix.dirname(file), path));
    return aim === undefined ? link : `](${posix.relative(posix.dirname(renamed.get(file) ?? file), aim)}`;
  });
}

/** typedoc numbers an anchor after namesakes that it shows without a heading; the page does not. */
function withTrueAnchors(file, texts) {
  return texts.get(file).replaceAll(/\]\(([\w/.-]*)#([\w.-]+)-\d+\)/g, (link, path, anchor) => {
    const text = texts.get(path === '' ? file : posix.join(posix.dirname(file), path)) ?? '';
    const whole = /#([^)]+)\)$/.exec(link)?.[1] ?? '';
    const isThere = (name) => anchorsOf(text).has(name) || text.includes(`<a id="${name}"></a>`);
    return isThere(whole) || !isThere(anchor) ? link : `](${path}#${anchor})`;
  });
}

/** What typedoc calls a module by itself: where it lies. */
function placeOf(types) {
  return relative(root, types)
    .replaceAll(sep, '/')
    .replace(/(?:\/index)?\.d\.ts$/, '');
}
