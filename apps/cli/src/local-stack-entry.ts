import { runStack, type StackProgramOptions } from './local/run-stack.js';

// The program that `hawser local up` leaves behind: all parts of the stack, until it is told to end.
await runStack(JSON.parse(process.argv[2] ?? '{}') as StackProgramOptions);
// What an emulator forgot must not keep it.
process.exit();
