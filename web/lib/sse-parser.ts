export interface ServerEvent {
  /** Undefined where the event named none. */
  id: string | undefined;
  data: string;
}

/**
 * Reads Server-Sent Events out of text that comes in pieces of any size. Line ends may be LF, CR or CRLF;
 * an event that the stream broke off is dropped, as the standard asks.
 */
export function createEventParser(onEvent: (event: ServerEvent) => void): (text: string) => void {
  let rest = '';
  let id: string | undefined;
  let data: string[] = [];

  function readLine(line: string): void {
    if (line === '') {
      if (data.length > 0) onEvent({ id, data: data.join('\n') });
      id = undefined;
      data = [];
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'id' && !value.includes('\0')) id = value;
  }

  return (text) => {
    rest += text;
    // A CR at the very end may be the first half of a CRLF.
    const end = rest.endsWith('\r') ? rest.length - 1 : rest.length;
    const lines = rest.slice(0, end).split(/\r\n|\n|\r/);
    rest = lines.pop()! + rest.slice(end);
    for (const line of lines) readLine(line);
  };
}
