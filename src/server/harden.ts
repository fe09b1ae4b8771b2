// What a process that holds private keys must never do: open Node's inspector when somebody sends SIGUSR1, or write its
// environment and memory into a diagnostic report. Loaded before anything else; this file imports nothing.
// Core dumps are disabled by whatever starts the process: LimitCORE=0 in deploy/jwksd.service, ulimit elsewhere.

// With this listener Node does not start its debugger. --disable-sigusr1 exists only in newer releases of Node.
process.on('SIGUSR1', () => {})

const NO_REPORTS = { reportOnFatalError: false, reportOnSignal: false, reportOnUncaughtException: false, excludeEnv: true }
Object.assign(process.report, NO_REPORTS)
