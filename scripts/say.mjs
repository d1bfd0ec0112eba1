// A closed terminal takes no more lines; what is running still ends in order.
process.stderr.on('error', () => undefined);

/** One line for the person, on stderr: what a command prints on stdout stays its own. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Shows that something long goes on: in place on a terminal, otherwise a line every five seconds.
 * `tell` gives the line; the function that comes back ends it.
 */
export function showProgress(tell) {
  const terminal = process.stderr.isTTY;
  const show = () => (terminal ? process.stderr.write(`\r\x1b[K${tell()}`) : say(tell()));
  const timer = setInterval(show, terminal ? 250 : 5_000);
  return () => {
    clearInterval(timer);
    if (terminal) process.stderr.write('\r\x1b[K');
  };
}
