{{/* The release's name, with jwksd in it. */}}
{{- define "jwksd.name" -}}
{{- if contains "jwksd" .Release.Name }}{{ .Release.Name | trunc 39 | trimSuffix "-" }}{{ else }}{{ printf "%s-jwksd" (.Release.Name | trunc 33) }}{{ end }}
{{- end }}

{{/* What selectors select by, without the component. */}}
{{- define "jwksd.selector" -}}
app.kubernetes.io/name: jwksd
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "jwksd.labels" -}}
{{ include "jwksd.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "jwksd.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* A set's name where Kubernetes takes no underscore. */}}
{{- define "jwksd.object" -}}
{{ . | replace "_" "-" }}
{{- end }}

{{- define "jwksd.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
# A Secret's files belong to root; fsGroup lets the group read them: it turns 0400 into 0440.
fsGroup: 1000
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "jwksd.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}
