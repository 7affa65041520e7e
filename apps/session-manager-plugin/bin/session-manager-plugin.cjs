#!/usr/bin/env node
'use strict';
// The AWS CLI asks for the version before every session: that is answered without reading the bundle.
const [, , word, ...more] = process.argv;
if (word === '--version' && more.length === 0 && process.env.HAWSER_PLUGIN_VERSION === undefined) {
  process.stdout.write(`${require('../package.json').officialVersion}\n`);
} else {
  require('../dist/session-manager-plugin.cjs').main(process.argv.slice(2));
}
