// Types of jwksd/client from the OpenAPI document of the internal listener on standard input: npm run client-types
import { json } from 'node:stream/consumers'
import openapiTS, { astToString } from 'openapi-typescript'

const { openapi, info, components: { schemas } } = await json(process.stdin)
const nodes = await openapiTS({ openapi, info, paths: {}, components: { schemas } }, { emptyObjectsUnknown: true })
process.stdout.write('// Made from the OpenAPI document of the internal listener by `npm run client-types`: change src/http/openapi.ts, not this file.\n\n' +
  astToString(nodes.filter(({ name }) => name?.text === 'components')))
