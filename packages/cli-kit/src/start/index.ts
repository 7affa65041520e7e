export { cutAtDashes } from '../argv.js';
export { CliKitError } from '../errors.js';
export { exitCodes } from '../errors/exit-codes.js';
export { loadStyle, takesColour } from '../output/style.js';
export type { Style } from '../output/style.js';
export { reportFailure } from '../report.js';
