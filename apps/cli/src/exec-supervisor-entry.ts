// The program that a run on this machine is left to: it clones, runs the command, keeps its log, and leaves with it.
const { runLocalSupervisor } = await import('@hawser/exec-backend/local');
await runLocalSupervisor(process.argv.slice(2));
process.exit();
