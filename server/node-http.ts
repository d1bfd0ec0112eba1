/**
 * The parts of `node:http` that are used as values. An `import` of that module reads all its exports, and some of
 * those load Node's own fetch and WebSocket: megabytes that an idle server does not need.
 */
export const { IncomingMessage, ServerResponse, STATUS_CODES } = process.getBuiltinModule('node:http');
