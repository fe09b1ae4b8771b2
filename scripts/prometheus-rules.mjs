// Writes deploy/prometheus-rules.yaml where Kubernetes wants it: as a PrometheusRule for kustomize, as a file of the Helm chart.
// npm run rules

import { readFileSync, writeFileSync } from 'node:fs'

const rules = readFileSync('deploy/prometheus-rules.yaml', 'utf8')
const [comment, ...lines] = rules.split('\n')
const object = `${comment}
# Made from deploy/prometheus-rules.yaml by: npm run rules
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata: { name: jwksd, labels: { app.kubernetes.io/name: jwksd } }
spec:
${lines.map(line => line && `  ${line}`).join('\n')}`
writeFileSync('deploy/kubernetes/components/monitoring/prometheus-rule.yaml', object)
writeFileSync('deploy/helm/jwksd/prometheus-rules.yaml', rules)
