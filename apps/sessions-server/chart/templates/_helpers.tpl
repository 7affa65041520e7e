{{- define "sessions.fullname" -}}
{{- if .Values.fullnameOverride }}{{ .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else }}{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if contains $name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}
{{- end }}

{{- define "sessions.selector" -}}
app.kubernetes.io/name: hawser-sessions
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "sessions.labels" -}}
{{ include "sessions.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: hawser
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{- define "sessions.image" -}}
{{- $whole := index .root.Values.image .component -}}
{{- if $whole }}{{ $whole }}{{ else }}{{ printf "%s-%s:%s" .root.Values.image.repository .component (default .root.Chart.AppVersion .root.Values.image.tag | toString) }}{{ end }}
{{- end }}

{{- define "sessions.runnerNamespace" -}}
{{- default (printf "%s-runners" .Release.Namespace) .Values.runner.namespace }}
{{- end }}

{{- define "sessions.apiKeySecret" -}}
{{- default (printf "%s-api-key" (include "sessions.fullname" .)) .Values.apiKey.existingSecret }}
{{- end }}

{{- define "sessions.keysSecret" -}}
{{- default (printf "%s-keys" (include "sessions.fullname" .)) .Values.keys.existingSecret }}
{{- end }}

{{- define "sessions.ticketSecret" -}}
{{- default (printf "%s-ticket-keys" (include "sessions.fullname" .)) .Values.keys.existingTicketSecret }}
{{- end }}

{{- define "sessions.databaseSecret" -}}
{{- if .Values.database.existingSecret }}{{ .Values.database.existingSecret }}{{ else }}{{ include "sessions.fullname" . }}-database-url{{ end }}
{{- end }}

{{- /* The database's address: as given, or that of the bundled one, whose password is kept over upgrades. */}}
{{- define "sessions.databaseUrl" -}}
{{- if .Values.database.bundled.enabled -}}
{{- $name := printf "%s-database-url" (include "sessions.fullname" .) -}}
{{- $old := lookup "v1" "Secret" .Release.Namespace $name -}}
{{- if and $old $old.data (index $old.data "DATABASE_URL") -}}{{ index $old.data "DATABASE_URL" | b64dec }}
{{- else -}}
{{- if not (hasKey .Values.database "generated") }}{{ $_ := set .Values.database "generated" (randAlphaNum 32) }}{{ end -}}
postgres://sessions:{{ .Values.database.generated }}@{{ include "sessions.fullname" . }}-postgres.{{ .Release.Namespace }}.svc:5432/sessions
{{- end -}}
{{- else -}}{{ .Values.database.url }}{{- end -}}
{{- end }}

{{- define "sessions.databaseEnv" -}}
- name: HAWSER_SESSIONS_DATABASE_URL
  valueFrom: { secretKeyRef: { name: {{ .secret }}, key: DATABASE_URL } }
- name: HAWSER_SESSIONS_DATABASE_SSL
  value: {{ .root.Values.database.ssl | quote }}
{{- end }}

{{- define "sessions.controllerUrl" -}}
http://{{ include "sessions.fullname" . }}-controller-internal.{{ .Release.Namespace }}.svc:8081
{{- end }}

{{- define "sessions.gatewayUrl" -}}
http://{{ include "sessions.fullname" . }}-gateway.{{ .Release.Namespace }}.svc:8080
{{- end }}

{{- /* One scheme for links: TLS at the ingress, or what publicUrl says. */}}
{{- define "sessions.publicUrl" -}}
{{- if .Values.publicUrl }}{{ .Values.publicUrl }}
{{- else if .Values.ingress.hostname }}{{ ternary "https" "http" .Values.ingress.tls.enabled }}://{{ .Values.ingress.hostname }}{{ end }}
{{- end }}

{{- define "sessions.podCommon" -}}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext: {{ toYaml .root.Values.podSecurityContext | nindent 2 }}
enableServiceLinks: false
{{- with .values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .values.affinity }}
affinity: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "sessions.spread" -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{ include "sessions.selector" . | nindent 8 }}
{{- end }}

{{- define "sessions.newApiKey" -}}
sk_live_{{ randAlphaNum 64 | sha256sum }}
{{- end }}

{{- define "sessions.probes" -}}
startupProbe: { httpGet: { path: /healthz, port: http }, periodSeconds: 1, failureThreshold: 60 }
livenessProbe: { httpGet: { path: /healthz, port: http }, periodSeconds: 10, failureThreshold: 3 }
readinessProbe: { httpGet: { path: /readyz, port: http }, periodSeconds: 5, failureThreshold: 2 }
{{- end }}

{{- define "sessions.trustedProxies" -}}
{{- join "," .Values.trustedProxies }}
{{- end }}

{{- /* What every runner's Job has in common, as the controller reads it. */}}
{{- define "sessions.runnerTemplate" -}}
namespace: {{ include "sessions.runnerNamespace" . }}
instance: {{ .Release.Name }}
image: {{ include "sessions.image" (dict "root" . "component" "runner") | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ range . }}
  - {{ .name }}{{ end }}
{{- end }}
controllerUrl: {{ include "sessions.controllerUrl" . }}
serviceAccountName: {{ include "sessions.fullname" . }}-runner
resources: {{ toYaml .Values.runner.resources | nindent 2 }}
volumes: {{ toYaml .Values.runner.volumes | nindent 2 }}
{{- with .Values.runner.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.runner.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.runner.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
{{- if not (kindIs "invalid" .Values.runner.hostUsers) }}
hostUsers: {{ .Values.runner.hostUsers }}
{{- end }}
{{- with .Values.runner.podLabels }}
labels: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.runner.podAnnotations }}
annotations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "sessions.runnerSelector" -}}
app.kubernetes.io/name: hawser-sessions
app.kubernetes.io/component: runner
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
