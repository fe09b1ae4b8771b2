// Values on the edge of a rule: what the vendor takes must pass, and what it rejects must be refused by that rule.

import t from 'tap'
import { presets } from '../../src/presets/index.ts'

/** Values of the rule's claim; or, where `claims` is true, whole claims sets. */
interface Edge { readonly claims?: true, readonly good: readonly unknown[], readonly bad: readonly unknown[] }

const B2B = { version: '1', organization_id: 'https://org.example.com', purpose_of_use: ['TREAT'] }

const EDGES: Readonly<Record<string, Readonly<Record<string, Edge>>>> = {
  'apple-app-store-connect': {
    'iss-required': { claims: true, good: [{ iss: 'ISSUER' }, { sub: 'user' }], bad: [{}, { aud: 'appstoreconnect-v1' }] }
  },
  'google-self-signed-jwt': {
    'scope-or-aud': { claims: true, good: [{ scope: 'a' }, { aud: 'https://a/' }], bad: [{}, { scope: 'a', aud: 'https://a/' }] }
  },
  'udap-software-statement': {
    'grant-types': {
      good: [['client_credentials'], ['authorization_code'], ['authorization_code', 'refresh_token'], []],
      bad: [['refresh_token'], ['authorization_code', 'client_credentials'], ['implicit'], 'client_credentials']
    },
    'redirect-uris': {
      claims: true,
      good: [{ grant_types: ['authorization_code'], redirect_uris: ['https://a'] }, { grant_types: ['client_credentials'] }],
      bad: [{ grant_types: ['authorization_code'] }, { grant_types: ['client_credentials'], redirect_uris: ['https://a'] }]
    },
    'response-types': {
      claims: true,
      good: [{ grant_types: ['authorization_code'], response_types: ['code'] }, { grant_types: ['client_credentials'] }],
      bad: [{ grant_types: ['authorization_code'] }, { grant_types: ['client_credentials'], response_types: ['code'] }]
    },
    'logo-uri': {
      claims: true,
      good: [{ grant_types: ['authorization_code'], logo_uri: 'https://a' }, { grant_types: [] }, { grant_types: [], logo_uri: 'https://a' }],
      bad: [{ grant_types: ['authorization_code'] }]
    }
  },
  udap: {
    'hl7-b2b': {
      good: [
        { 'hl7-b2b': B2B }, {}, { other: { any: 1 } },
        { 'hl7-b2b': { ...B2B, consent_policy: ['urn:a'], consent_reference: ['https://a/Consent/1'] } }
      ],
      bad: [
        { 'hl7-b2b': { ...B2B, version: 1 } }, { 'hl7-b2b': { ...B2B, organization_id: 'Acme' } }, { 'hl7-b2b': { ...B2B, purpose_of_use: [] } },
        { 'hl7-b2b': { ...B2B, consent_reference: ['https://a/Consent/1'] } }, { 'hl7-b2b': { version: '1', purpose_of_use: ['TREAT'] } }
      ]
    }
  },
  maskinporten: {
    'aud-maskinporten': {
      good: ['https://maskinporten.no/', 'https://test.maskinporten.no/'],
      bad: ['https://maskinporten.no', 'https://maskinporten.no/token', 'https://evilmaskinporten.no/']
    }
  },
  'microsoft-adfs': {
    'aud-token-url': { good: ['https://a.example/adfs/oauth2/token', 'https://a.example/adfs/oauth2/token/'], bad: ['https://a.example/oauth2/token'] }
  },
  'cds-hooks': { 'aud-service-url': { good: ['https://a/cds-services', ['https://a/cds-services/b']], bad: ['http://a', [], [1]] } },
  salesforce: {
    'aud-login-url': {
      good: ['https://login.salesforce.com', 'https://test.salesforce.com', 'https://site.force.com/customers', 'https://my.my.site.com/a/b'],
      bad: ['https://login.salesforce.com/services/oauth2/token', 'login.salesforce.com', ['https://login.salesforce.com']]
    }
  },
  snowflake: {
    'sub-account-user': {
      good: ['MYORG-MYACCOUNT.MYUSER', 'XY12345.MYUSER', 'XY12345.A.USER@EXAMPLE.COM', 'MYORG-ACCT_1.AWS_LOADER'],
      bad: [
        'XY12345.EU-CENTRAL-1.MYUSER', 'XY12345.US-EAST-2.AWS.MYUSER', 'XY12345.WEST-EUROPE.AZURE.MYUSER', 'XY12345.US-GOV-WEST-1.MYUSER',
        'XY12345.US-CENTRAL1.GCP.MYUSER', 'XY12345.PRIVATELINK.MYUSER', 'XY12345.EU-WEST-1.PRIVATELINK.MYUSER', 'ACME-X1.GLOBAL.MYUSER', 'xy12345.MYUSER'
      ]
    }
  }
}

for (const [name, rules] of Object.entries(EDGES)) {
  for (const [id, { claims, good, bad }] of Object.entries(rules)) {
    t.test(`${name}: ${id}`, async t => {
      const rule = presets.get(name)!.rules.find(rule => rule.id === id)!
      const check = claims ? rule.checkAll : rule.check
      for (const value of good) t.equal(check!(value), undefined, `taken: ${JSON.stringify(value)}`)
      for (const value of bad) t.ok(check!(value), `refused: ${JSON.stringify(value)}`)
    })
  }
}
