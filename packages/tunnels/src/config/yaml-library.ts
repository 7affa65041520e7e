// Named here, because of a CommonJS package that is imported when needed a bundle hands out its default alone.
export { isAlias, isCollection, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
