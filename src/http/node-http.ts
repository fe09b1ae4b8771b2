// What is needed of node:http, without importing it: an import reads all its exports, and with them loads the client of WebSocket,
// 40 ms and 1 to 3 MB in each process.

export const { createServer, ServerResponse, STATUS_CODES } = process.getBuiltinModule('node:http')
