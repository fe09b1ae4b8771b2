// The presets by name. Adding a vendor is adding a file and its line here.

import { readPreset } from './compile.ts'
import type { Preset, PresetData } from '../core/tokens/preset.ts'
import { appleAppStoreConnect } from './apple-app-store-connect.ts'
import { appleServerApi } from './apple-server-api.ts'
import { athenahealth } from './athenahealth.ts'
import { auth0 } from './auth0.ts'
import { box } from './box.ts'
import { cdataConnectAi } from './cdata-connect-ai.ts'
import { cdsHooks } from './cds-hooks.ts'
import { docusign } from './docusign.ts'
import { eclinicalworks } from './eclinicalworks.ts'
import { epic } from './epic.ts'
import { fapi2 } from './fapi2.ts'
import { githubApp } from './github-app.ts'
import { googleSelfSignedJwt } from './google-self-signed-jwt.ts'
import { googleServiceAccount } from './google-service-account.ts'
import { happypathology } from './happypathology.ts'
import { ibmVerify } from './ibm-verify.ts'
import { jwt } from './jwt.ts'
import { keycloak } from './keycloak.ts'
import { maskinporten } from './maskinporten.ts'
import { microsoftAdfs } from './microsoft-adfs.ts'
import { microsoftEntra } from './microsoft-entra.ts'
import { microsoftEntraX5t } from './microsoft-entra-x5t.ts'
import { nhsEngland } from './nhs-england.ts'
import { okta } from './okta.ts'
import { oracleFlattenedJws } from './oracle-flattened-jws.ts'
import { oracleHealth } from './oracle-health.ts'
import { privateKeyJwt } from './private-key-jwt.ts'
import { qlikCloud } from './qlik-cloud.ts'
import { salesforce } from './salesforce.ts'
import { servicenow } from './servicenow.ts'
import { smartBackendServices } from './smart-backend-services.ts'
import { smartHealthCards } from './smart-health-cards.ts'
import { snowflake } from './snowflake.ts'
import { udap } from './udap.ts'
import { udapSoftwareStatement } from './udap-software-statement.ts'
import { ukOpenBanking } from './uk-open-banking.ts'
import { ukOpenBankingV313 } from './uk-open-banking-v3-1-3.ts'
import { zitadel } from './zitadel.ts'

/** In the order of the README's table: general and most used first, then by field. */
export const written: Readonly<Record<string, PresetData>> = {
  jwt,
  'smart-backend-services': smartBackendServices,
  eclinicalworks,
  'cdata-connect-ai': cdataConnectAi,
  happypathology,
  'oracle-flattened-jws': oracleFlattenedJws,
  epic,
  'oracle-health': oracleHealth,
  athenahealth,
  'nhs-england': nhsEngland,
  udap,
  'udap-software-statement': udapSoftwareStatement,
  'smart-health-cards': smartHealthCards,
  'cds-hooks': cdsHooks,
  okta,
  auth0,
  'microsoft-entra': microsoftEntra,
  'ibm-verify': ibmVerify,
  keycloak,
  maskinporten,
  'microsoft-adfs': microsoftAdfs,
  'microsoft-entra-x5t': microsoftEntraX5t,
  zitadel,
  'private-key-jwt': privateKeyJwt,
  fapi2,
  'uk-open-banking': ukOpenBanking,
  'uk-open-banking-v3-1-3': ukOpenBankingV313,
  'google-service-account': googleServiceAccount,
  'google-self-signed-jwt': googleSelfSignedJwt,
  'github-app': githubApp,
  snowflake,
  docusign,
  salesforce,
  box,
  'qlik-cloud': qlikCloud,
  servicenow,
  'apple-app-store-connect': appleAppStoreConnect,
  'apple-server-api': appleServerApi
}

/** Other names of presets. */
export const aliases: Readonly<Record<string, string>> = { ecw: 'eclinicalworks' }

export const presets: ReadonlyMap<string, Preset> = new Map(Object.entries(written).map(([name, data]) => [name, readPreset(name, data)]))
