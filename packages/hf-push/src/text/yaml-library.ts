// A module of its own, imported when it is needed: bundlers give a CommonJS package that is imported so by itself no
// names.
export { isMap, parse, parseDocument } from 'yaml';
