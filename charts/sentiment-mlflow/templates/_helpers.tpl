{{- define "sentiment-mlflow.name" -}}
{{- default .Chart.Name .Values.nameOverride -}}
{{- end -}}

{{- define "sentiment-mlflow.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains (include "sentiment-mlflow.name" .) .Release.Name -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "sentiment-mlflow.name" .) | trunc 53 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "sentiment-mlflow.selectorLabels" -}}
app.kubernetes.io/name: {{ include "sentiment-mlflow.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "sentiment-mlflow.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "sentiment-mlflow.selectorLabels" . }}
{{- end -}}

{{- define "sentiment-mlflow.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "sentiment-mlflow.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "sentiment-mlflow.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default (printf "v%s" .Chart.AppVersion) .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Whether something lies on the volume: sqlite's file, or artifacts. */}}
{{- define "sentiment-mlflow.volume" -}}
{{- if or (not .Values.database.existingSecret) (not .Values.artifacts.destination) -}}yes{{- end -}}
{{- end -}}

{{- define "sentiment-mlflow.claim" -}}
{{- default (include "sentiment-mlflow.fullname" .) .Values.volume.existingClaim -}}
{{- end -}}

{{/* The names under which the server answers; it refuses any other, against DNS rebinding. */}}
{{- define "sentiment-mlflow.hosts" -}}
{{- $name := include "sentiment-mlflow.fullname" . -}}
{{- $hosts := list "localhost" "127.0.0.1" $name -}}
{{- range list "" ".svc" ".svc.cluster.local" -}}
{{- $hosts = append $hosts (printf "%s.%s%s" $name $.Release.Namespace .) -}}
{{- end -}}
{{- with .Values.ingress -}}
{{- if .enabled -}}
{{- $hosts = append $hosts .host -}}
{{- end -}}
{{- end -}}
{{- $all := list -}}
{{- range concat $hosts .Values.allowedHosts -}}
{{- $all = append $all . -}}
{{- if not (contains ":" .) -}}
{{- $all = append $all (printf "%s:*" .) -}}
{{- end -}}
{{- end -}}
{{- join "," $all -}}
{{- end -}}

{{/* Labels of the pod that `helm test` starts: the Service does not select it. */}}
{{- define "sentiment-mlflow.testLabels" -}}
app.kubernetes.io/name: {{ include "sentiment-mlflow.name" . }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}
