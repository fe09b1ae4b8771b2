// Values on the edge of a rule: what the vendor takes must pass, and what it rejects must be refused by that rule.

import t from 'tap'
import { presets } from '../../src/presets/index.ts'

/** Values of the rule's claim; or, where `claims` is true, whole claims sets. */
interface Edge { readonly claims?: true, readonly good: readonly unknown[], readonly bad: readonly unknown[] }

const EDGES: Readonly<Record<string, Readonly<Record<string, Edge>>>> = {
  'apple-app-store-connect': {
    'iss-required': { claims: true, good: [{ iss: 'ISSUER' }, { sub: 'user' }], bad: [{}, { aud: 'appstoreconnect-v1' }] }
  },
  'google-self-signed-jwt': {
    'scope-or-aud': { claims: true, good: [{ scope: 'a' }, { aud: 'https://a/' }], bad: [{}, { scope: 'a', aud: 'https://a/' }] }
  },
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
