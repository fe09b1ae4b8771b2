// SIGHUP means "read the files again". Its default, the end of the process, must be off before anything else of the
// program is loaded: main.ts imports this file first, and this file imports nothing.

let listener = (): void => {}
process.on('SIGHUP', () => listener())

/** Calls `listen` on each SIGHUP from now on. Before, SIGHUP does nothing: a start reads everything anyway. */
export function onHangup (listen: () => void): void {
  listener = listen
}
