// Prints `N passed, N failed` as the last line of the run, after jest's own summary.
const patienceMs = 5000;

export default class ClosingLine {
  onRunComplete(_contexts, results) {
    // A suite that could not be loaded ran no test, and still is a failure.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    process.once('exit', () => {
      process.stdout.write(`\n${results.numPassedTests} passed, ${failed} failed\n`);
    });
    // What a suite left behind has failed it already; it must not keep the run from ending.
    setTimeout(() => process.exit(results.success ? 0 : 1), patienceMs).unref();
  }
}
