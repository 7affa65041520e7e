import { readFile } from 'node:fs/promises';

/**
 * An esbuild plugin that makes the CommonJS of @oclif/core load its parts when they are first used: help is not loaded
 * to run a command, nor the loader of plugins to print help. What TypeScript compiles `import` to is always
 * `const name_1 = require("…")` at the start of a line, and is only ever used by that name.
 */
export const lazyRequires = {
  name: 'lazy-requires',
  setup(build) {
    // The debug library looks at terminals and colours when it is loaded; without DEBUG it has nothing to say.
    build.onResolve({ filter: /^debug$/ }, ({ importer, kind, resolveDir, pluginData }) => {
      if (pluginData === 'real' || !/@oclif[\\/]core/.test(importer)) return undefined;
      return { path: 'debug', namespace: 'when-asked', pluginData: { resolveDir, kind } };
    });
    build.onLoad({ filter: /.*/, namespace: 'when-asked' }, ({ pluginData }) => ({
      contents: `
        const silent = Object.assign(() => {}, { enabled: false, extend: () => silent, enable() {}, disable() {} });
        module.exports = process.env.DEBUG ? require('debug') : Object.assign(() => silent, silent);
      `,
      resolveDir: pluginData.resolveDir,
      loader: 'js',
    }));
    build.onLoad({ filter: /@oclif[\\/]core[\\/]lib[\\/].*\.js$/ }, async ({ path }) => {
      let code = await readFile(path, 'utf8');
      const names = [];
      code = code.replaceAll(
        /^(?:const|var) (\w+_\d+) = ((?:__import\w+\()?require\(["'][^"']+["']\)\)?);$/gm,
        (_, name, load) => {
          names.push(name);
          return `let ${name}_loaded; const ${name}_load = () => ${name}_loaded ??= ${load};`;
        },
      );
      for (const name of names) {
        code = code
          .replaceAll(new RegExp(`\\bnew ${name}((?:\\.\\w+)+)`, 'g'), `new (${name}_load()$1)`)
          .replaceAll(new RegExp(`\\b${name}\\b`, 'g'), `${name}_load()`);
      }
      code = code.replaceAll(
        /^exports\.(\w+) = (__importStar\(require\("[^"]+"\)\));$/gm,
        'let $1_loaded; Object.defineProperty(exports, "$1", { enumerable: true, get: () => $1_loaded ??= $2 });',
      );
      // Which Node we run on is checked by our own doctor, and not on every start.
      return { contents: code.replace(/^checkNodeVersion\(\);$/m, ''), loader: 'js' };
    });
  },
};
