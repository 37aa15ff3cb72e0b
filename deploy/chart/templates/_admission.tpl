{{/* The certificate Jobs and what they need. */}}

{{/* "true" when the Jobs are used. */}}
{{- define "ingress-nginx.admission.jobs" -}}
{{- with .Values.controller.admissionWebhooks -}}
{{- if and .enabled .patch.enabled (not .certManager.enabled) }}true{{ end -}}
{{- end -}}
{{- end -}}

{{/* dict "root" $ "name" TEXT "cluster" BOOL "hook" TEXT "annotations" MAP: metadata of a hook object. */}}
{{- define "ingress-nginx.admission.metadata" -}}
{{- $hooks := dict "helm.sh/hook" (.hook | default "pre-install,pre-upgrade,post-install,post-upgrade") -}}
{{- $_ := set $hooks "helm.sh/hook-delete-policy" "before-hook-creation,hook-succeeded" -}}
name: {{ .name }}
{{- if not .cluster }}
namespace: {{ include "ingress-nginx.namespace" .root }}
{{- end }}
annotations:
  {{- mergeOverwrite (include "ingress-nginx.texts" (.annotations | default dict) | fromYaml) $hooks | toYaml | nindent 2 }}
labels:
  {{- include "ingress-nginx.admission.labels" .root | nindent 2 }}
{{- end -}}

{{- define "ingress-nginx.admission.labels" -}}
{{- include "ingress-nginx.labels" (dict "root" . "component" "admission-webhook" "more" (list .Values.controller.admissionWebhooks.patch.labels)) -}}
{{- end -}}

{{/* dict "root" $ "job" VALUES "hook" TEXT "args" (list TEXT …): one of the Jobs. */}}
{{- define "ingress-nginx.admission.job" -}}
{{- $root := .root -}}
{{- $job := .job -}}
{{- $webhooks := .root.Values.controller.admissionWebhooks -}}
{{- $patch := $webhooks.patch -}}
{{- $name := include "ingress-nginx.append" (list (include "ingress-nginx.admission.fullname" .root) .job.name) -}}
apiVersion: batch/v1
kind: Job
metadata:
  {{- include "ingress-nginx.admission.metadata" (dict "root" .root "name" $name "hook" .hook "annotations" $webhooks.annotations) | nindent 2 }}
spec:
  {{- if gt (int $job.activeDeadlineSeconds) 0 }}
  activeDeadlineSeconds: {{ int $job.activeDeadlineSeconds }}
  {{- end }}
  template:
    metadata:
      name: {{ $name }}
      labels:
        {{- include "ingress-nginx.admission.labels" .root | nindent 8 }}
      {{- with $patch.podAnnotations }}
      annotations:
        {{- include "ingress-nginx.texts" . | nindent 8 }}
      {{- end }}
    spec:
      {{- with .root.Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      serviceAccountName: {{ include "ingress-nginx.admission.serviceAccountName" .root }}
      automountServiceAccountToken: {{ $patch.serviceAccount.automountServiceAccountToken }}
      restartPolicy: OnFailure
      {{- with include "ingress-nginx.fields" (dict "from" $patch "keys" (list "priorityClassName" "runtimeClassName" "nodeSelector" "tolerations" "securityContext")) }}
      {{- . | nindent 6 }}
      {{- end }}
      containers:
        - name: {{ $job.name }}
          image: {{ include "ingress-nginx.image" (dict "root" $root "image" $patch.image) }}
          imagePullPolicy: {{ $patch.image.pullPolicy }}
          args:
            {{- toYaml .args | nindent 12 }}
          env:
            - name: POD_NAMESPACE
              valueFrom:
                fieldRef:
                  fieldPath: metadata.namespace
            {{- with $webhooks.extraEnvs }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          {{- with include "ingress-nginx.fields" (dict "from" $job "keys" (list "securityContext" "resources" "volumeMounts")) }}
          {{- . | nindent 10 }}
          {{- end }}
      {{- with $job.volumes }}
      volumes:
        {{- toYaml . | nindent 8 }}
      {{- end }}
{{- end -}}
