// Configurations of nginx and Caddy for one file, with the headers that jwksd sends.

import { readFileSync } from 'node:fs'
import type { Site } from './peers/site.ts'

const headersOf = ({ headers }: Site): Array<[string, string]> => Object.entries(JSON.parse(readFileSync(headers, 'utf8')) as Record<string, string>)

/** As Debian's package, without its access log: one worker for each core. Started by root, they read root's files. */
export function nginxConfig (site: Site, directory: string, root: string): string {
  const headers = headersOf(site).map(([name, value]) => `add_header ${name} ${JSON.stringify(value)};`)
  return `daemon off; user root; worker_processes auto; pid ${directory}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; types { application/json json; }
  client_body_temp_path ${directory}/t1; proxy_temp_path ${directory}/t2; fastcgi_temp_path ${directory}/t3;
  uwsgi_temp_path ${directory}/t4; scgi_temp_path ${directory}/t5;
  server {
    listen 127.0.0.1:${site.port} ssl; ssl_certificate ${site.tls}/cert.pem; ssl_certificate_key ${site.tls}/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3; root ${root};
    ${headers.join('\n    ')}
  }
}
`
}

/** Its defaults and its metrics; the certificate is given. */
export function caddyConfig (site: Site, root: string): string {
  const headers = headersOf(site).map(([name, value]) => `header ${name} ${JSON.stringify(value)}`)
  return `{
  admin off
  auto_https off
  default_sni localhost
  servers {
    metrics
  }
}
https://localhost:${site.port} {
  bind 127.0.0.1
  tls ${site.tls}/cert.pem ${site.tls}/key.pem
  root * ${root}
  ${headers.join('\n  ')}
  file_server
}
`
}
