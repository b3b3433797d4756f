cat > sts.yaml <<E
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web, labels: {app: web}}
spec:
  serviceName: web
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 5
      containers: [{name: nginx, image: 'nginx:1.28', command: [sh, -c, 'echo one; echo two; sleep 9999']}]
E
cat > app.yaml <<E
apiVersion: apps/v1
kind: Deployment
metadata: {name: app, labels: {app: app}}
spec:
  replicas: 1
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec: {containers: [{name: nginx, image: 'nginx:1.28', ports: [{containerPort: 80}], env: [{name: A, value: b}]}]}
E
cat > two.yaml <<E
apiVersion: v1
kind: Pod
metadata: {name: two, labels: {run: two}, annotations: {note: x}}
spec:
  nodeName: NODE
  terminationGracePeriodSeconds: 5
  initContainers: [{name: first, image: busybox, command: ['true']}]
  containers:
  - name: main
    image: nginx
    livenessProbe: {httpGet: {path: /, port: 80}}
    readinessProbe: {httpGet: {path: /, port: 80}}
    startupProbe: {httpGet: {path: /, port: 80}}
  - name: side
    image: busybox
    env: [{name: SIDE, value: x}]
    command: [sh, -c, 'echo side; echo x > /etc/only; sleep 9999']
E
cat > others.yaml <<E
apiVersion: v1
kind: Pod
metadata: {name: empty}
spec:
  nodeName: EMPTYDIR
  volumes: [{name: v, emptyDir: {}}]
  containers: [{name: main, image: nginx, volumeMounts: [{name: v, mountPath: /v}]}]
---
apiVersion: v1
kind: Pod
metadata: {name: slow}
spec:
  nodeName: NODE
  containers: [{name: main, image: busybox, command: [sh, -c, 'sleep 9999']}]
---
apiVersion: v1
kind: Pod
metadata: {name: shell}
spec: {containers: [{name: main, image: busybox, stdin: true, tty: true}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: conf, labels: {g: x}}
data: {a: b}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: zero}
spec:
  replicas: 0
  selector: {matchLabels: {app: zero}}
  template: {metadata: {labels: {app: zero}}, spec: {containers: [{name: nginx, image: nginx}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: paused}
spec:
  paused: true
  selector: {matchLabels: {app: paused}}
  template: {metadata: {labels: {app: paused}}, spec: {containers: [{name: nginx, image: nginx}]}}
---
apiVersion: v1
kind: Service
metadata: {name: lonely}
spec: {selector: {nobody: here}, ports: [{port: 80}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: c}
spec:
  schedule: '@yearly'
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: m, image: busybox}]}}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: lister}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: ServiceAccount, name: lister, namespace: default}]
E
cat > role.yaml <<E
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: r}
rules: [{apiGroups: [''], resources: [pods], verbs: [get, list]}]
E
cat > svc.yaml <<E
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
E
cat > rb.yaml <<E
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: rb}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}
subjects: [{kind: User, name: z, apiGroup: rbac.authorization.k8s.io}]
E
printf -- '-----BEGIN PRIVATE KEY-----\n' > pem
cat > new.yaml <<E
apiVersion: v1
kind: ConfigMap
metadata: {name: new, labels: {g: x}}
data: {a: b}
E
sed 's/, list//' role.yaml > less.yaml
sed 's/name: z/name: q/' rb.yaml > nobody.yaml
sed 's/^data:/datum:/; s/name: new/name: odd/' new.yaml > odd.yaml
sed 's/replicas: 2/replicas: 3/' sts.yaml > sts3.yaml
sed 's/  replicas: 2/  nonsense: 1/' sts.yaml > oddsts.yaml
sed 's/serviceName: web/serviceName: other/' sts.yaml > immutable.yaml
sed 's/name: new/name: plain/' new.yaml > plain.yaml
sed 's/name: new/name: owned/' new.yaml > owner.yaml
sed 's/a: b/a: c/' owner.yaml > owned.yaml
sed 's/value: x/value: y/' two.yaml > two3.yaml
echo 'data: {x: y}' > patch.yaml
echo 'env: [{name: C, value: d}]' > custom.yaml
echo A=b > env
mkdir -p dir/sub kdir fresh/sub roles/sub
cp app.yaml dir/a.yaml
cp sts.yaml dir/sub/b.yaml
cp app.yaml kdir/app.yaml
cp new.yaml fresh/a.yaml
sed 's/name: new/name: newer/' new.yaml > fresh/sub/b.yaml
cp rb.yaml roles/a.yaml
sed 's/name: rb/name: rb2/' rb.yaml > roles/sub/b.yaml
echo 'resources: [app.yaml]' > kdir/kustomization.yaml
mkdir -p more/sub sdir
cp app.yaml more/a.yaml
cp sts3.yaml more/sub/b.yaml
cp svc.yaml sdir/svc.yaml
echo 'resources: [svc.yaml]' > sdir/kustomization.yaml
cat > secret.yaml <<E
apiVersion: v1
kind: Secret
metadata: {name: secret}
stringData: {a: b}
E
for name in alice bob carol; do
cat > $name.yaml <<E
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: $name}
spec: {request: bm9uZQ==, signerName: example.com/signer, usages: [client auth]}
E
kubectl create -f $name.yaml
done
mv alice.yaml csr.yaml
kubectl certificate approve bob
kubectl certificate deny carol
kubectl apply -f sts.yaml -f app.yaml -f two.yaml -f others.yaml -f svc.yaml -f role.yaml -f rb.yaml
kubectl create -f plain.yaml
kubectl apply --server-side --field-manager=a -f owner.yaml
kubectl cordon CORDONED
kubectl taint node TAINTED a=b:NoSchedule
kubectl get pods -A > /dev/null
kubectl get clusterroles > /dev/null
kubectl set image deploy/app nginx=nginx:1.29
