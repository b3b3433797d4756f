//! kubectl's quick reference (https://kubernetes.io/docs/reference/kubectl/quick-reference/), from top to bottom: the commands as
//! they stand there, with names that this cluster has. What is not simulated says so, and is listed here by name.

use crate::user::User;
use kubesim::Span;

const SETUP: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: frontend, labels: {app: frontend}}
spec:
  replicas: 2
  selector: {matchLabels: {app: frontend}}
  template:
    metadata: {labels: {app: frontend}}
    spec: {containers: [{name: www, image: 'image:v1', ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: my-pod, labels: {name: myLabel, env: test}}
spec: {containers: [{name: my-container, image: 'nginx:1.27'}]}
---
apiVersion: v1
kind: Pod
metadata: {name: valid-pod}
spec: {containers: [{name: kubernetes-serve-hostname, image: 'registry.k8s.io/serve_hostname:v1'}]}
---
apiVersion: v1
kind: ReplicationController
metadata: {name: nginx-rc}
spec:
  replicas: 1
  template:
    metadata: {labels: {app: nginx}}
    spec: {containers: [{name: nginx, image: nginx}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: valid-deployment}
spec:
  selector: {matchLabels: {app: valid}}
  template:
    metadata: {labels: {app: valid}}
    spec:
      containers:
      - {name: main, image: 'nginx:1.27', livenessProbe: {httpGet: {path: /, port: 80}}}
---
apiVersion: v1
kind: Secret
metadata: {name: my-secret}
data: {password: cGFzcw==}
";

/// Commands of the page. A `!` before one: it is refused, with the words behind `=>`.
const PAGE: &str = r####"
kubectl config view
kubectl config view -o jsonpath='{.users[].name}'
kubectl config view -o jsonpath='{.users[*].name}'
kubectl config get-contexts
kubectl config get-contexts -o name
kubectl config current-context
kubectl config set-cluster my-cluster-name
kubectl config set-cluster my-cluster-name --proxy-url=my-proxy-url
kubectl config set-credentials kubeuser/foo.kubernetes.com --username=kubeuser --password=kubepassword
kubectl config view --raw -o jsonpath='{.users[?(.name == "kubernetes-admin")].user.client-certificate-data}' | base64 -d
kubectl config set-context gce --user=cluster-admin --namespace=foo && kubectl config use-context gce; kubectl config use-context kubernetes-admin@kubernetes
kubectl config unset users.foo
source <(kubectl completion bash)
echo "source <(kubectl completion bash)" >> ~/.bashrc
alias k=kubectl
complete -o default -F __start_kubectl k
source <(kubectl completion zsh)
echo '[[ $commands[kubectl] ]] && source <(kubectl completion zsh)' >> ~/.zshrc
mkdir -p ~/.config/fish/completions; echo 'kubectl completion fish | source' > ~/.config/fish/completions/kubectl.fish
kubectl config set-context --current --namespace=default
kubectl create job hello --image=busybox:1.28 -- echo 'Hello World'
kubectl create cronjob hello --image=busybox:1.28 --schedule='*/1 * * * *' -- echo 'Hello World'
kubectl explain pods
kubectl create deployment nginx --image=nginx
kubectl get services
kubectl get pods --all-namespaces
kubectl get pods -o wide
kubectl get deployment frontend
kubectl get pods
kubectl get pod my-pod -o yaml
kubectl describe nodes chhan-k8s-1
kubectl describe pods my-pod
kubectl get services --sort-by=.metadata.name
kubectl get pods --sort-by='.status.containerStatuses[0].restartCount'
kubectl get pv --sort-by=.spec.capacity.storage
kubectl get pods --selector=app=frontend -o jsonpath='{.items[*].metadata.labels.app}'
kubectl get configmap kube-root-ca.crt -o jsonpath='{.data.ca\.crt}'
kubectl get secret my-secret --template='{{index .data "password" | base64decode}}'
kubectl get node --selector='!node-role.kubernetes.io/control-plane'
kubectl get pods --field-selector=status.phase=Running
kubectl get nodes -o jsonpath='{.items[*].status.addresses[?(@.type=="ExternalIP")].address}'
kubectl get pods --show-labels
JSONPATH='{range .items[*]}{@.metadata.name}:{range @.status.conditions[*]}{@.type}={@.status};{end}{end}' && kubectl get nodes -o jsonpath="$JSONPATH" | grep "Ready=True"
kubectl get node -o custom-columns='NODE_NAME:.metadata.name,STATUS:.status.conditions[?(@.type=="Ready")].status'
kubectl get pods -o json | jq '.items[].spec.containers[].env[]?.valueFrom.secretKeyRef.name' | grep -v null | sort | uniq
kubectl get pods --all-namespaces -o jsonpath='{range .items[*].status.initContainerStatuses[*]}{.containerID}{"\n"}{end}' | cut -d/ -f3
kubectl get nodes -o json | jq -c 'paths|join(".")' | head -3
for pod in $(kubectl get po --output=jsonpath={.items..metadata.name} -l env=test); do echo $pod && kubectl exec -i $pod -- env; done
kubectl get secret my-secret -o go-template='{{range $k,$v := .data}}{{"### "}}{{$k}}{{"\n"}}{{$v|base64decode}}{{"\n\n"}}{{end}}'
kubectl get events --sort-by=.metadata.creationTimestamp
kubectl events --types=Warning
kubectl get pods -o json
kubectl get deployment frontend -o yaml
kubectl get deployment frontend --subresource=status
kubectl set image deployment/frontend www=image:v2
kubectl rollout history deployment/frontend
kubectl rollout undo deployment/frontend
kubectl rollout undo deployment/frontend --to-revision=2
kubectl rollout status -w deployment/frontend
kubectl rollout restart deployment/frontend
kubectl expose rc nginx-rc --port=80 --target-port=8000
kubectl get pod my-pod -o yaml | sed 's/\(image: nginx\):.*$/\1:v4/' | kubectl replace -f -
!kubectl edit svc/nginx-rc => there is no editor here
!KUBE_EDITOR="nano" kubectl edit svc/nginx-rc => unable to launch the editor "nano"
KUBE_EDITOR="sed -i s/targetPort:.*/targetPort:\ 80/" kubectl edit svc/nginx-rc
kubectl label pods my-pod new-label=awesome
kubectl label pods my-pod new-label-
kubectl label pods my-pod new-label=new-value --overwrite
kubectl annotate pods my-pod icon-url=http://goo.gl/XXBTWq
kubectl annotate pods my-pod icon-url-
kubectl autoscale deployment frontend --min=2 --max=10
kubectl patch node chhan-k8s-2 -p '{"spec":{"unschedulable":true}}'
kubectl patch pod valid-pod -p '{"spec":{"containers":[{"name":"kubernetes-serve-hostname","image":"new image"}]}}'
kubectl patch pod valid-pod --type='json' -p='[{"op": "replace", "path": "/spec/containers/0/image", "value":"new-image"}]'
kubectl patch deployment valid-deployment --type json -p='[{"op": "remove", "path": "/spec/template/spec/containers/0/livenessProbe"}]'
kubectl patch deployment frontend --subresource='scale' --type='merge' -p '{"spec":{"replicas":2}}'
kubectl scale --replicas=3 deployment/frontend
kubectl scale --current-replicas=3 --replicas=2 deployment/frontend
!kubectl scale --replicas=5 rc/nginx-rc rc/bar rc/baz => replicationcontrollers "bar" not found
kubectl delete pod valid-pod --now
kubectl delete pods,services -l name=nothing
!kubectl delete pod,service baz foo => services "foo" not found
kubectl -n my-ns delete pod,svc --all
kubectl logs my-pod
kubectl logs -l name=myLabel
kubectl logs my-pod -c my-container
kubectl logs -l name=myLabel -c my-container
timeout 2 kubectl logs -f my-pod
timeout 2 kubectl logs -f -l name=myLabel --all-containers
kubectl run -i --tty busybox --image=busybox:1.28 -- sh
kubectl run nginx --image=nginx -n default
kubectl run nginx --image=nginx --dry-run=client -o yaml > pod.yaml
timeout 2 kubectl attach my-pod -i
kubectl exec my-pod -- ls /
kubectl exec my-pod -c my-container -- ls /
kubectl exec --stdin --tty my-pod -- /bin/sh
kubectl logs deploy/frontend
kubectl logs deploy/frontend -c www
kubectl exec deploy/frontend -- ls
kubectl top pod
kubectl top pod my-pod --containers
kubectl top pod my-pod --sort-by=cpu
kubectl top node
kubectl top node chhan-k8s-1
!kubectl cp /tmp/foo my-pod:/tmp/bar => /tmp/foo doesn't exist in local filesystem
kubectl port-forward my-pod 5000:80 & curl -s localhost:5000; kill %1
kubectl port-forward svc/nginx-rc 5000 & curl localhost:5000; kill %1
kubectl port-forward deploy/frontend 5000:80 & kill %1
kubectl debug my-pod -i --image=busybox:1.28 -- true
kubectl cordon chhan-k8s-3
kubectl drain chhan-k8s-3 --ignore-daemonsets --force
kubectl uncordon chhan-k8s-3
kubectl cluster-info
kubectl cluster-info dump
kubectl cluster-info dump --output-directory=/path/to/cluster-state
kubectl get nodes -o custom-columns=NodeName:.metadata.name,TaintKey:.spec.taints[*].key,TaintValue:.spec.taints[*].value
kubectl taint nodes chhan-k8s-4 dedicated=special-user:NoSchedule
kubectl api-resources
kubectl api-resources --namespaced=true
kubectl api-resources --namespaced=false
kubectl api-resources -o name
kubectl api-resources -o wide
kubectl api-resources --verbs=list,get
kubectl api-resources --api-group=extensions
kubectl get pods -A -o=custom-columns='DATA:spec.containers[*].image'
kubectl get pods --namespace default --output=custom-columns='NAME:.metadata.name,IMAGE:.spec.containers[*].image'
kubectl get pods -v=6
"####;

#[test]
fn the_page_is_played_from_top_to_bottom() {
    let mut user = User::new();
    user.run("kubectl apply -f -", SETUP);
    user.run("kubectl wait --for=condition=Ready pod --all", "");
    let mut wrong = Vec::new();
    for line in PAGE.lines().filter(|line| !line.is_empty()) {
        let (command, refusal) = match line.strip_prefix('!').and_then(|line| line.split_once(" => ")) {
            Some((command, refusal)) => (command, Some(refusal)),
            None => (line, None),
        };
        let said = user.run(command, "");
        let until = user.cluster.now() + Span::seconds(3);
        user.cluster.run_until(until);
        let failed = ["!error", "!Error", "unknown flag", "is not simulated", "command not found"]
            .iter()
            .any(|word| said.contains(word));
        match refusal {
            None if failed => wrong.push(format!("{command}\n{said}")),
            Some(refusal) if !said.contains(refusal) => wrong.push(format!("{command}\n{said}")),
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let pod = user.run("kubectl get pod valid-pod", "");
    assert_eq!(pod, "!Error from server (NotFound): pods \"valid-pod\" not found\n");
    assert_eq!(user.run("kubectl get deployment frontend -o jsonpath='{.spec.replicas}'", ""), "2");
}
