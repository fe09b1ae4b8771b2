// The container's health check: ends with 0 when the listener on this port of this machine answers /livez with 200.
// node deploy/healthcheck.js [port]   (default: the port of JWKSD_LISTEN, else 8443)

import https from 'node:https'
import { argv, env, exit } from 'node:process'

const port = argv[2] ?? env.JWKSD_LISTEN?.split(':').at(-1) ?? 8443
// Whether the process lives, not who it is: the certificate covers the public name, not this address.
https.get({ host: '127.0.0.1', port, path: '/livez', rejectUnauthorized: false, timeout: 4000 }, ({ statusCode }) => {
  exit(statusCode === 200 ? 0 : 1)
}).on('timeout', () => exit(1)).on('error', () => exit(1))
