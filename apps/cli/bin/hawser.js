#!/usr/bin/env node
'use strict';
// CommonJS, because Node starts that faster. `hawser --version` is asked by scripts and needs nothing but package.json.
if (process.argv[2] === '--version') {
  const { version } = require('../package.json');
  process.stdout.write(`hawser/${version} ${process.platform}-${process.arch} node-${process.version}\n`);
} else {
  require('node:module').enableCompileCache?.();
  void require('../dist/main.cjs').main(process.argv.slice(2), require('node:path').join(__dirname, '..'));
}
