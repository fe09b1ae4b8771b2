// A directory that a web server, a bucket or a CDN serves: all that is below it is public, so nothing secret may be.

import path from 'node:path'
import type { PartialConfig } from './types.ts'

const isBelow = (file: string, directory: string): boolean => !path.relative(directory, file).split(path.sep).includes('..')

/**
 * What such a directory would give away; undefined where there is nothing.
 * @param directory and all others: absolute paths
 * @param file the configuration
 */
export function findSecretIn (
  directory: string, file: string, { keys, tls, sign, audit }: Pick<PartialConfig, 'keys' | 'tls' | 'sign' | 'audit'>
): { problem: string, hint: string } | undefined {
  const secrets = {
    'the key directory': keys,
    'the private key of tls': tls?.key,
    'the private key of sign.tls': sign?.tls?.key,
    'the audit log': audit?.file,
    'the configuration': file
  }
  const hint = 'name a directory that has only published files in it'
  if (keys !== undefined && isBelow(directory, keys)) return { problem: 'is in the key directory', hint }
  const [found] = Object.entries(secrets).filter(([, place]) => place !== undefined && isBelow(place, directory))
  return found && { problem: `holds ${found[0]}, ${found[1]}, which would be published`, hint }
}
