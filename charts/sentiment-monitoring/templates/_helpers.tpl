{{- define "sentiment-monitoring.name" -}}
{{- default .Chart.Name .Values.nameOverride -}}
{{- end -}}

{{- define "sentiment-monitoring.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains (include "sentiment-monitoring.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "sentiment-monitoring.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "sentiment-monitoring.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/name: {{ include "sentiment-monitoring.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* The namespace of the service. */}}
{{- define "sentiment-monitoring.watched" -}}
{{- default .Release.Namespace .Values.serviceMonitor.namespace -}}
{{- end -}}

{{/* The groups of files/rules.yaml with this installation's objectives, limits and runbooks. */}}
{{- define "sentiment-monitoring.rules" -}}
{{- $seconds := float64 .Values.latencySeconds -}}
{{- /* Bounds are floats in the service's figures: 1.0, not 1. */ -}}
{{- $bound := printf "le=%q" (ternary (printf "%.1f" $seconds) (toString $seconds) (eq $seconds (floor $seconds))) -}}
{{- $read := .Files.Get "files/rules.yaml" | replace "le=\"0.25\"" $bound | fromYaml -}}
{{- $given := merge (dict) .Values.objectives .Values.limits -}}
{{- $groups := list -}}
{{- $alerts := list -}}
{{- range $group := $read.groups -}}
{{- $rules := list -}}
{{- range $rule := $group.rules -}}
{{- $name := splitList ":" (default "" $rule.record) | last -}}
{{- if and (eq $group.name "sentiment-objectives") (hasKey $given $name) -}}
{{- $_ := set $rule "expr" (printf "vector(%v)" (index $given $name)) -}}
{{- end -}}
{{- if $rule.alert -}}
{{- $alerts = append $alerts $rule.alert -}}
{{- $_ := set $rule.annotations "runbook_url" (printf "%s%s" $.Values.runbooks $rule.annotations.runbook_url) -}}
{{- /* Alerts of what is absent, and of the monitor, have no namespace of their own. */ -}}
{{- $_ := set $rule.labels "namespace" (printf "{{ or $labels.namespace %q }}" (include "sentiment-monitoring.watched" $)) -}}
{{- end -}}
{{- if not (has (default "" $rule.alert) $.Values.disabledAlerts) -}}
{{- $rules = append $rules $rule -}}
{{- end -}}
{{- end -}}
{{- if $rules -}}
{{- $groups = append $groups (set $group "rules" $rules) -}}
{{- end -}}
{{- end -}}
{{- range .Values.disabledAlerts -}}
{{- if not (has . $alerts) -}}
{{- fail (printf "disabledAlerts: there is no alert %s" .) -}}
{{- end -}}
{{- end -}}
{{- toYaml (dict "groups" $groups) -}}
{{- end -}}
