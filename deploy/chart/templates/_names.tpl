{{/* Names of objects. What is appended stays whole: the part before it is cut, so that no two objects get one name. */}}

{{- define "ingress-nginx.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "ingress-nginx.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* list BASE SUFFIX */}}
{{- define "ingress-nginx.append" -}}
{{- $room := sub 62 (len (last .)) | int -}}
{{- printf "%s-%s" (first . | trunc $room | trimSuffix "-") (last .) -}}
{{- end -}}

{{- define "ingress-nginx.namespace" -}}
{{- .Values.namespaceOverride | default .Release.Namespace -}}
{{- end -}}

{{- define "ingress-nginx.controller.fullname" -}}
{{- include "ingress-nginx.append" (list (include "ingress-nginx.fullname" .) .Values.controller.name) -}}
{{- end -}}

{{- define "ingress-nginx.controller.admissionService" -}}
{{- include "ingress-nginx.append" (list (include "ingress-nginx.controller.fullname" .) "admission") -}}
{{- end -}}

{{- define "ingress-nginx.controller.electionID" -}}
{{- .Values.controller.electionID | default (include "ingress-nginx.append" (list (include "ingress-nginx.fullname" .) "leader")) -}}
{{- end -}}

{{- define "ingress-nginx.serviceAccountName" -}}
{{- $own := ternary (include "ingress-nginx.fullname" .) "default" .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default $own -}}
{{- end -}}

{{- define "ingress-nginx.addHeaders.fullname" -}}
{{- include "ingress-nginx.append" (list (include "ingress-nginx.fullname" .) "custom-add-headers") -}}
{{- end -}}

{{- define "ingress-nginx.proxyHeaders.fullname" -}}
{{- include "ingress-nginx.append" (list (include "ingress-nginx.fullname" .) "custom-proxy-headers") -}}
{{- end -}}

{{- define "ingress-nginx.admission.fullname" -}}
{{- include "ingress-nginx.append" (list (include "ingress-nginx.fullname" .) .Values.controller.admissionWebhooks.name) -}}
{{- end -}}

{{- define "ingress-nginx.admission.serviceAccountName" -}}
{{- with .Values.controller.admissionWebhooks.patch.serviceAccount -}}
{{- .name | default (ternary (include "ingress-nginx.admission.fullname" $) "default" .create) -}}
{{- end -}}
{{- end -}}

{{- define "ingress-nginx.defaultBackend.fullname" -}}
{{- include "ingress-nginx.append" (list (include "ingress-nginx.fullname" .) .Values.defaultBackend.name) -}}
{{- end -}}

{{- define "ingress-nginx.defaultBackend.serviceAccountName" -}}
{{- $own := include "ingress-nginx.append" (list (include "ingress-nginx.fullname" .) "backend") -}}
{{- with .Values.defaultBackend.serviceAccount -}}
{{- .name | default (ternary $own "default" .create) -}}
{{- end -}}
{{- end -}}
