#!/usr/bin/env node
require('../dist/session-manager-plugin.cjs').main(process.argv.slice(2));
