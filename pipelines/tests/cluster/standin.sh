#!/bin/sh
# Stands in for docker, kind, kubectl, helm and git: remembers what is up, as they would.
#
# One file for each thing that is there lies in the folder STANDIN names; every call is a line of its
# file `calls`. A file `fail` says which call fails, and how: `fail` or `kill` (the caller).
PATH=/usr/bin:/bin
call="${0##*/} $*"
for last; do :; done
cd "$STANDIN" && echo "$call" >>calls

end() {  # CODE WORDS
  if [ "$1" = 0 ]; then echo "$2"; else echo "$2" >&2; fi
  exit "$1"
}

deployment() {  # NAME: its pods are of the latest version and ready, but for what its file says
  generation=1 available=1
  [ -e "unready-$1" ] && available=0
  [ -e "rolling-$1" ] && generation=2
  printf '{"metadata": {"name": "%s", "generation": %s}, "spec": {"replicas": 1}, "status":
    {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": %s}}' \
    "$1" "$generation" "$available"
}

deployments() {
  case "$call" in
    *"--namespace kubeflow"*) deployment ml-pipeline ;;
    *) [ -e mlflow ] && deployment sentiment-mlflow
       [ -e serving ] && printf ', ' && deployment sentiment-serving ;;
  esac
}

pods() {
  [ -e unready-ml-pipeline ] && printf '{"metadata": {"name": "ml-pipeline-7b-x"}, "status":
    {"containerStatuses": [{"state": {"waiting":
    {"reason": "ImagePullBackOff", "message": "not found"}}}]}}'
}

docker() {
  case "$call" in
    "docker --version") end 0 "Docker version 28.1.0, build 1" ;;
    "docker info"*) end 0 "16000000000 2 /nowhere" ;;
    "docker ps"*) for it in sentiment-registry sentiment-control-plane; do
        if [ -e "$it" ]; then echo "$it"; fi
      done ;;
    "docker inspect"*Networks*) if [ -e connected ]; then echo "[bridge][kind]"; fi ;;
    "docker inspect"*)
      [ -e "$last" ] || end 1 "Error: No such object"
      if [ -e "stopped-$last" ]; then echo false; else echo true; fi ;;
    "docker start"*)
      [ -e "$last" ] || end 1 "Error response from daemon: No such container"
      rm -f "stopped-$last" ;;
    "docker run"*)
      [ -e sentiment-registry ] && end 125 "Conflict. The container name is in use"
      : >sentiment-registry ;;
    "docker network connect"*) : >connected ;;
    "docker exec"*)
      [ -e sentiment-control-plane ] || end 1 "Error response from daemon: No such container"
      case "$call" in *hosts.toml) cat >hosts.toml ;; esac ;;
    "docker rm"*) rm -f "$last" ;;
    "docker volume rm"*) : >purged ;;
  esac
}

kind() {
  case "$call" in
    "kind version") end 0 "kind v0.33.0 go1.26 linux/amd64" ;;
    "kind get clusters")
      if [ -e sentiment-control-plane ]; then echo sentiment; else echo "No kind clusters found."; fi ;;
    "kind create cluster"*)
      [ -e sentiment-control-plane ] && end 1 'ERROR: node(s) already exist for a cluster'
      : >sentiment-control-plane
      [ -e slow ] && sleep 10
      : >whole ;;
    "kind delete cluster"*) rm -f sentiment-control-plane whole connected installed mlflow serving ;;
  esac
}

kubectl() {
  [ "$call" = "kubectl version --client" ] && end 0 "Client Version: v1.37.1"
  if [ ! -e whole ] || [ -e stopped-sentiment-control-plane ]; then
    end 1 "Unable to connect to the server: dial tcp 127.0.0.1:6443: connect: connection refused"
  fi
  case "$call" in
    *"get deployments --output json") end 0 "{\"items\": [$(deployments)]}" ;;
    *"get pods --output json") end 0 "{\"items\": [$(pods)]}" ;;
    *"get namespace"*) if [ -e installed ]; then cat installed; fi ;;
    *annotate*) echo "${last#*=}" >installed ;;
  esac
}

helm() {
  case "$call" in
    "helm version --short") end 0 "v4.3.1+g1" ;;
    *"--install sentiment-mlflow"*) : >mlflow ;;
    *"--install sentiment-serving"*) : >serving ;;
  esac
}

git() {
  case "$call" in
    "git --version") end 0 "git version 2.47.0" ;;
    "git ls-remote"*) printf 'cccccccccccccccccccccccccccccccccccccccc\t%s\n' "$3" ;;
  esac
}

if [ -e fail ] && read -r how which <fail; then
  case "$call" in
    "$which"*)
      rm fail
      if [ "$how" = kill ]; then
        case "$call" in "kind create"*) : >sentiment-control-plane ;; esac
        kill -KILL "$PPID"
        sleep 5
      fi
      end 1 "Error: something else" ;;
  esac
fi
"${0##*/}" "$@"
exit 0
