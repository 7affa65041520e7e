// What the bundles of our programs share.

/** What stands first in an ES module with CommonJS inside: it asks for these. */
export const commonJsInside = [
  "import{createRequire as __hawserRequire}from'node:module';import{fileURLToPath as __hawserPath}from'node:url';",
  'const require=__hawserRequire(import.meta.url),__filename=__hawserPath(import.meta.url),',
  "__dirname=__hawserPath(new URL('.',import.meta.url));",
].join('');
