#!/usr/bin/env node
'use strict';
// CommonJS, because Node starts that faster. `hawser --version` is asked by scripts and needs nothing but package.json;
// `hawser aws eks-token` is run by every kubectl and has a bundle of its own, and so has what shells ask at every Tab.
const [first, second, ...rest] = process.argv.slice(2);
if (first === '--version') {
  const { version } = require('../package.json');
  process.stdout.write(`hawser/${version} ${process.platform}-${process.arch} node-${process.version}\n`);
} else if (
  first === 'aws' &&
  second === 'eks-token' &&
  !rest.some((word) => /^(?:-h|--(?:help|json|debug|quiet))$/.test(word))
) {
  void require('../dist/eks-token.cjs').main(rest);
} else if (first === 'complete-values') {
  void require('../dist/complete.cjs').main([second, ...rest]);
} else {
  require('node:module').enableCompileCache?.();
  void require('../dist/main.cjs').main(process.argv.slice(2), require('node:path').join(__dirname, '..'));
}
