{{- define "sentiment-serving.name" -}}
{{- default .Chart.Name .Values.nameOverride -}}
{{- end -}}

{{- define "sentiment-serving.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains (include "sentiment-serving.name" .) .Release.Name -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "sentiment-serving.name" .) | trunc 53 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "sentiment-serving.selectorLabels" -}}
app.kubernetes.io/name: {{ include "sentiment-serving.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "sentiment-serving.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "sentiment-serving.selectorLabels" . }}
{{- end -}}

{{- define "sentiment-serving.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "sentiment-serving.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "sentiment-serving.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Name and source of the models beside the default one, the canary's included. */}}
{{- define "sentiment-serving.moreModels" -}}
{{- $models := deepCopy .Values.moreModels -}}
{{- if .Values.canary.enabled -}}
{{- if hasKey $models "challenger" -}}
{{- fail "moreModels.challenger: the canary has that name" -}}
{{- end -}}
{{- $_ := set $models "challenger" .Values.canary.model -}}
{{- end -}}
{{- toYaml $models -}}
{{- end -}}

{{/* The variables that say where the registry is, and who asks. */}}
{{- define "sentiment-serving.registry" -}}
{{- $sources := append (include "sentiment-serving.moreModels" . | fromYaml | values) .Values.model.source -}}
{{- range $sources -}}
{{- if and (hasPrefix "models:/" .) (not $.Values.mlflow.uri) -}}
{{- fail (printf "%s needs mlflow.uri, the address of its registry" .) -}}
{{- end -}}
{{- end -}}
{{- with .Values.mlflow.uri }}
- {name: MLFLOW_TRACKING_URI, value: {{ . | quote }}}
{{- end }}
{{- with .Values.mlflow.existingSecret }}
{{- range $entry := list "username" "password" "token" }}
- name: MLFLOW_TRACKING_{{ upper $entry }}
  valueFrom:
    secretKeyRef: {name: {{ $.Values.mlflow.existingSecret | quote }}, key: {{ $entry }}, optional: true}
{{- end }}
{{- end }}
{{- end -}}

{{/* The ConfigMap of the experiment, if there is one. */}}
{{- define "sentiment-serving.experiment" -}}
{{- if and .Values.canary.enabled .Values.experiment.configMap -}}
{{- fail "canary.enabled and experiment.configMap: which of the two?" -}}
{{- end -}}
{{- $name := .Values.experiment.configMap -}}
{{- if .Values.canary.enabled -}}
{{- $name = printf "%s-canary" (include "sentiment-serving.fullname" .) -}}
{{- end -}}
{{- if and $name (not .Values.requestLog.volume) -}}
{{- fail "an experiment needs requestLog.volume: stopped variants are kept there" -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{/* Labels of the pod that `helm test` starts: neither the Service nor the NetworkPolicy select it. */}}
{{- define "sentiment-serving.testLabels" -}}
app.kubernetes.io/name: {{ include "sentiment-serving.name" . }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
